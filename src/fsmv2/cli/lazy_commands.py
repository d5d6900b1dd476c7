"""The commands by their verbs; each is loaded when it is asked for.

Building all of them takes a third of the time until a command does something, so a command line
that names one gets that one. `fsmv2 --help`, a word that is none of them, and whoever describes
them all get the whole: `fsmv2.cli.app`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from fsmv2.cli.command_examples import Commands
from fsmv2.cli.usage_exit_code import UsageFails


class Verb(NamedTuple):
    """One command: in `commands`, in the file and by the function that its verb names."""

    short_help: str
    function: str = ""
    usage_fails: bool = False
    settings: Mapping[str, Any] | None = None

    def load(self, name: str) -> Callable[..., Any]:
        """The function, with the options that the command has."""
        file = name.replace("-", "_")
        module = import_module(f"fsmv2.cli.commands.{file}")
        function: Callable[..., Any] = getattr(module, self.function or file)
        return function


OF_PYTHON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""What begins with a dash is an option of Python, and of the program that it runs."""

VERBS: dict[str, Verb] = {
    "validate": Verb("List everything that is wrong with a document."),
    "render": Verb("Show the tree and each rendered config; run nothing."),
    "status": Verb("Show a running tree, trouble first."),
    "top": Verb("Watch a running tree on the screen, with keys."),
    "describe": Verb("Show all there is to know of one worker."),
    "wait": Verb("Wait until a worker is in a given state."),
    "why": Verb("Explain why a worker is in its state, or where a variable comes from."),
    "events": Verb("Show what happened in a tree, and what happens."),
    "logs": Verb("Show what a process wrote, and what happened to it."),
    "topics": Verb("List every topic, with its tag, type and line."),
    "values": Verb("Show what was read last, its age and quality."),
    "graph": Verb("Print the tree as Mermaid, DOT or SVG."),
    "run": Verb("Run the tree of a document and show it."),
    "systemd": Verb("Print a systemd unit that runs a document."),
    "trees": Verb("List the trees that run on this machine."),
    "health": Verb("Report whether a running tree is healthy."),
    "metrics": Verb("Print the metrics of a running tree."),
    "stop": Verb("Stop a path of a running tree, until it is started."),
    "start": Verb("Start what was stopped."),
    "pause": Verb("Start nothing at a path, and write nothing there."),
    "resume": Verb("Resume what was paused."),
    "silence": Verb("Send no notifications about a path for a while."),
    "unsilence": Verb("Send notifications about a path again."),
    "log-level": Verb("Log more of a path, or less, for a while."),
    "set": Verb("Give a variable a value other than the document's.", function="set_"),
    "unset": Verb("Reset a variable to its value in the document."),
    "overrides": Verb("List what operators changed on top of the document."),
    "history": Verb("List the generations of a tree's document."),
    "show": Verb("Print a generation of the document."),
    "diff": Verb("Show what changed between two generations."),
    "plan": Verb("Show what a document would change; change nothing.", usage_fails=True),
    "apply": Verb("Apply a document to a running tree."),
    "backup": Verb("Write a backup of a tree; it may be running."),
    "restore": Verb("Restore a state directory from a backup."),
    "doctor": Verb("Find what is wrong with a state directory, and repair it."),
    "edit": Verb("Edit the document that a managed tree keeps."),
    "rollback": Verb("Make an older generation of the document run again."),
    "restart": Verb("Restart a worker."),
    "retry": Verb("Retry now what waits for its next attempt."),
    "ack": Verb("Take over an escalation."),
    "signal": Verb("Send a process a signal, such as HUP."),
    "notify-test": Verb("Send a test notification through `notify:`."),
    "demo": Verb("Bridge three simulated PLCs into a namespace."),
    "check": Verb("Check the FSM of a worker type with all it can see."),
    "python": Verb("Run a Python program that imports fsmv2.", settings=OF_PYTHON),
    "explain": Verb("Explain an alert, an escalation or an error code."),
    "schema": Verb("Print the JSON Schema of documents, for editors."),
    "completion": Verb("Print shell completion for commands and paths."),
    "lint": Verb("Report mistakes in worker classes."),
    "simulate": Verb("Run a tree under seeded faults in virtual time."),
    "replay": Verb("Replay a journal, and compare each decision."),
}
"""In the order of `fsmv2 --help`."""


def app_of(verbs: Iterable[str]) -> Commands:
    """These commands together."""
    app = Commands(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(fsmv2)
    for name in verbs:
        verb = VERBS[name]
        settings = {"context_settings": dict(verb.settings)} if verb.settings else {}
        kind = UsageFails if verb.usage_fails else None
        app.command(name, cls=kind, short_help=verb.short_help, **settings)(verb.load(name))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from fsmv2 import __version__
        from fsmv2.cli.console import put

        put(f"fsmv2 {__version__}")
        raise typer.Exit


def fsmv2(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """One file says what should run; fsmv2 keeps it running.

    Start with `fsmv2 demo`.
    """
