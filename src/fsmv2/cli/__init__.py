"""The command line: it shows what `operate` decides, and passes on what is asked; decides nothing.

commands    one file for each verb: its options, and what it does with them.    lazy_commands  which
            there are, each loaded when it is asked for.    app   all together.
command     what each has besides: examples, environment variables, errors as JSON.
exit_codes, usage_exit_code   how a command ends.    error_messages   any failure as one message.
options, duration_argument, time_argument, standard_input   what several commands are given.
document_session, simulation_session, tree_session   a session of `run`; of `simulate`; what `run`
            and `demo` share.    display_choice, tree_display, live_tree, line_output   how a
            running tree is shown.
apply_session   a change of a document, asked about and waited for.    edit_session, editor   one
            that is edited first.
run_summary, replay_text, why_text, tree_yaml, plan_text, apply_text, history_text   answers.
foreground  around a command that runs a tree: signals, output_thread, interrupts.
reload_signal   what SIGHUP leads to.    service_notices   what a service manager hears.
document_note   that the document is newer.
completion  what a shell reads to complete a command line.
progress_line  what takes long says how far it is, on a terminal.
json_output what the commands print as JSON, as types.
console     where everything is printed.    log_filter   what libraries log.
cpu_limit   when a replay is given up.    worker_skeleton   what `new worker` writes.
demo        three simulated PLCs, the tree, and a subscriber that counts.

Nothing heavy is imported before a command runs: `fsmv2 --help` costs what typer costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.cli.command_examples import Commands


def app_for(words: Sequence[str]) -> Commands:
    """The commands that are needed for this command line: the one it names, or all."""
    from fsmv2.cli.lazy_commands import VERBS, app_of

    if words and words[0] in VERBS:
        return app_of(words[:1])
    from fsmv2.cli.app import app

    return app


def main() -> None:
    """The entry point of the command `fsmv2`."""
    import sys

    from fsmv2.cli.completion.paths_callback import WORD, print_paths

    if sys.argv[1:2] == [WORD]:  # before anything else is loaded: somebody waits with each key
        print_paths(sys.argv[2:])
        return
    import signal

    from fsmv2.cli.interrupts import ask_again
    from fsmv2.cli.output_thread import keep_standard_descriptors

    keep_standard_descriptors()
    # Until a command can answer Ctrl-C, and after it has, it ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fsmv2.cli.exit_codes import INTERRUPTED
    from fsmv2.cli.options import WHOLE

    for stream in (sys.stdout, sys.stderr):
        # Reasons quote devices and operating systems; no letter of theirs may end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.unraisablehook = ask_again
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            app_for(sys.argv[1:])(prog_name="fsmv2", obj=WHOLE)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:  # in the moments around a command, that of the line above included
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(INTERRUPTED)
