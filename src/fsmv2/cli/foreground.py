"""What a command that runs a tree has around it: signals that are heard, output that never blocks.

Called by `run` and `demo`, around all they do.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

import typer

from fsmv2.cli.console import progress
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.output_thread import StandardOutlets, opened
from fsmv2.cli.signals import Signals, Stopped, reason


class ForegroundProcess(NamedTuple):
    """The signals of a command, and its output."""

    signals: Signals
    output: StandardOutlets


@contextlib.contextmanager
def foreground_process(
    *, whole_program: bool = False, reloads: bool = False
) -> Iterator[ForegroundProcess]:
    """Have signals and output in hand inside.

    `whole_program`: the process ends with the command, at once. The interpreter would first wait
    for each thread that author code or a library has left in a call that blocks, without a bound,
    and no signal is heard meanwhile. `reloads`: SIGHUP has something read again.
    """
    with opened() as output:

        def leave() -> None:
            progress("forced: the program ends, whatever still hangs")
            output.close(stuck=0.3)
            os._exit(FAILED)

        signals = Signals(progress, leave, reloads=reloads)
        with signals.caught():
            try:
                signals.starting()
                yield ForegroundProcess(signals, output)
            except (Stopped, typer.Exit) as end:
                if isinstance(end, Stopped):
                    progress(f"{reason(str(end))}: stopped before anything was started")
                code = OK if isinstance(end, Stopped) else end.exit_code
                if whole_program:
                    output.close()
                    os._exit(code)
                raise typer.Exit(code) from None
