"""The commands: doors for people. They show what the rooms below decide, and decide nothing.

app       the commands and their options.        exits     exit codes; failures as messages.
interrupts  Ctrl-C where Python would drop it.
checking  validate.     planning  render.        explaining  explain.
linting   lint.
running   what run and demo share; show, live and lines are how a running tree is shown.
control   around a command that runs a tree: signals that are heard, output that never blocks.
demo      three simulated PLCs, the tree, and a subscriber that counts.

Nothing heavy is imported before a command runs: `fsmv2 --help` costs what typer costs.
"""

from __future__ import annotations


def main() -> None:
    """The entry point of the command `fsmv2`."""
    import signal
    import sys

    from fsmv2.cli.interrupts import ask_again
    from fsmv2.cli.output_thread import keep_standard_descriptors

    keep_standard_descriptors()
    # Until a command can answer Ctrl-C, and after it has, it ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fsmv2.cli.app import WHOLE, app

    for stream in (sys.stdout, sys.stderr):
        # Reasons quote devices and operating systems; no letter of theirs may end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.unraisablehook = ask_again
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app(prog_name="fsmv2", obj=WHOLE)
    except KeyboardInterrupt:  # in the moments around a command
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
