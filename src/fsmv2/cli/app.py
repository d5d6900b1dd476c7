"""The command line: all commands together. Each one stands in `commands`, named as its verb."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.command_examples import Commands
from fsmv2.cli.commands.ack import ack
from fsmv2.cli.commands.apply import apply
from fsmv2.cli.commands.backup import backup
from fsmv2.cli.commands.check import check
from fsmv2.cli.commands.completion import completion
from fsmv2.cli.commands.demo import demo
from fsmv2.cli.commands.describe import describe
from fsmv2.cli.commands.diff import diff
from fsmv2.cli.commands.doctor import doctor
from fsmv2.cli.commands.edit import edit
from fsmv2.cli.commands.events import events
from fsmv2.cli.commands.explain import explain
from fsmv2.cli.commands.graph import graph
from fsmv2.cli.commands.health import health
from fsmv2.cli.commands.history import history
from fsmv2.cli.commands.lint import lint
from fsmv2.cli.commands.log_level import log_level
from fsmv2.cli.commands.logs import logs
from fsmv2.cli.commands.metrics import metrics
from fsmv2.cli.commands.new import begin, worker
from fsmv2.cli.commands.notify_test import notify_test
from fsmv2.cli.commands.overrides import overrides
from fsmv2.cli.commands.pause import pause
from fsmv2.cli.commands.plan import plan
from fsmv2.cli.commands.python import python
from fsmv2.cli.commands.render import render
from fsmv2.cli.commands.replay import replay
from fsmv2.cli.commands.restart import restart
from fsmv2.cli.commands.restore import restore
from fsmv2.cli.commands.resume import resume
from fsmv2.cli.commands.retry import retry
from fsmv2.cli.commands.rollback import rollback
from fsmv2.cli.commands.run import run
from fsmv2.cli.commands.schema import schema
from fsmv2.cli.commands.set import set_
from fsmv2.cli.commands.show import show
from fsmv2.cli.commands.signal import signal
from fsmv2.cli.commands.silence import silence
from fsmv2.cli.commands.simulate import simulate
from fsmv2.cli.commands.start import start
from fsmv2.cli.commands.status import status
from fsmv2.cli.commands.stop import stop
from fsmv2.cli.commands.systemd import systemd
from fsmv2.cli.commands.top import top
from fsmv2.cli.commands.topics import topics
from fsmv2.cli.commands.trees import trees
from fsmv2.cli.commands.unset import unset
from fsmv2.cli.commands.unsilence import unsilence
from fsmv2.cli.commands.validate import validate
from fsmv2.cli.commands.values import values
from fsmv2.cli.commands.wait import wait
from fsmv2.cli.commands.why import why
from fsmv2.cli.usage_exit_code import UsageFails

app = Commands(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from fsmv2 import __version__
        from fsmv2.cli.console import put

        put(f"fsmv2 {__version__}")
        raise typer.Exit


@app.callback()
def fsmv2(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """One file says what should run; fsmv2 keeps it running.

    Start with `fsmv2 demo`.
    """


app.command(short_help="List everything that is wrong with a document.")(validate)
app.command(short_help="Show the tree and each rendered config; run nothing.")(render)
app.command(short_help="Show a running tree, trouble first.")(status)
app.command(short_help="Watch a running tree on the screen, with keys.")(top)
app.command(short_help="Show all there is to know of one worker.")(describe)
app.command(short_help="Wait until a worker is in a given state.")(wait)
app.command(short_help="Explain why a worker is in its state, or where a variable comes from.")(why)
app.command(short_help="Show what happened in a tree, and what happens.")(events)
app.command(short_help="Show what a process wrote, and what happened to it.")(logs)
app.command(short_help="List every topic, with its tag, type and line.")(topics)
app.command(short_help="Show what was read last, its age and quality.")(values)
app.command(short_help="Print the tree as Mermaid, DOT or SVG.")(graph)
app.command(short_help="Run the tree of a document and show it.")(run)
app.command(short_help="Print a systemd unit that runs a document.")(systemd)
app.command(short_help="List the trees that run on this machine.")(trees)
app.command(short_help="Report whether a running tree is healthy.")(health)
app.command(short_help="Print the metrics of a running tree.")(metrics)
app.command(short_help="Stop a path of a running tree, until it is started.")(stop)
app.command(short_help="Start what was stopped.")(start)
app.command(short_help="Start nothing at a path, and write nothing there.")(pause)
app.command(short_help="Resume what was paused.")(resume)
app.command(short_help="Send no notifications about a path for a while.")(silence)
app.command(short_help="Send notifications about a path again.")(unsilence)
app.command("log-level", short_help="Log more of a path, or less, for a while.")(log_level)
app.command("set", short_help="Give a variable a value other than the document's.")(set_)
app.command(short_help="Reset a variable to its value in the document.")(unset)
app.command(short_help="List what operators changed on top of the document.")(overrides)
app.command(short_help="List the generations of a tree's document.")(history)
app.command(short_help="Print a generation of the document.")(show)
app.command(short_help="Show what changed between two generations.")(diff)
app.command(cls=UsageFails, short_help="Show what a document would change; change nothing.")(plan)
app.command(short_help="Apply a document to a running tree.")(apply)
app.command(short_help="Write a backup of a tree; it may be running.")(backup)
app.command(short_help="Restore a state directory from a backup.")(restore)
app.command(short_help="Find what is wrong with a state directory, and repair it.")(doctor)
app.command(short_help="Edit the document that a managed tree keeps.")(edit)
app.command(short_help="Make an older generation of the document run again.")(rollback)
app.command(short_help="Restart a worker.")(restart)
app.command(short_help="Retry now what waits for its next attempt.")(retry)
app.command(short_help="Take over an escalation.")(ack)
app.command(short_help="Send a process a signal, such as HUP.")(signal)
app.command("notify-test", short_help="Send a test notification through `notify:`.")(notify_test)
app.command(short_help="Bridge three simulated PLCs into a namespace.")(demo)
app.command(short_help="Check the FSM of a worker type with all it can see.")(check)
app.command(
    # What begins with a dash is an option of Python, and of the program that it runs.
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    short_help="Run a Python program that imports fsmv2.",
)(python)
app.command(short_help="Explain an error code.")(explain)
app.command(short_help="Explain an alert, an escalation or an error code.")(explain)
app.command(short_help="Print the JSON Schema of documents, for editors.")(schema)
app.command(short_help="Print shell completion for commands and paths.")(completion)
app.command(short_help="Report mistakes in worker classes.")(lint)
new = Commands(callback=begin)
app.add_typer(new, name="new", short_help="Create something of your own.")
new.command("worker", short_help="Write a worker and its tests, which pass.")(worker)
app.command(short_help="Run a tree under seeded faults in virtual time.")(simulate)
app.command(short_help="Replay a journal, and compare each decision.")(replay)
