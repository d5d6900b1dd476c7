"""A session of `top`: a running tree on the screen, until a key or a signal ends it."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from fsmv2.cli.console import coloured, put
from fsmv2.cli.screen.key_reader import KeyReader
from fsmv2.cli.screen.screen_loop import ScreenLoop
from fsmv2.cli.screen.terminal_screen import TerminalScreen, kept_output
from fsmv2.cli.screen.watched_source import WatchedSource
from fsmv2.operate.worker_filter import WorkerFilter

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def show_top(directory: Path, which: WorkerFilter) -> None:
    """Show the tree with this state directory, and leave one line when the screen is gone."""
    source = WatchedSource(directory, which)
    keys = KeyReader(sys.stdin.fileno()) if sys.stdin is not None and sys.stdin.isatty() else None
    loop = ScreenLoop(source, TerminalScreen(sys.stdout, coloured=coloured(sys.stdout)), keys)
    source.start()
    with _signals_heeded(loop), kept_output(lambda _: None):
        loop.run()
    put(source.last_words())


@contextlib.contextmanager
def _signals_heeded(loop: ScreenLoop) -> Iterator[None]:
    """Signals that end it leave the screen first; Ctrl-Z does so until it goes on."""

    def end(_number: int, _frame: FrameType | None) -> None:
        loop.close()

    def suspend(_number: int, _frame: FrameType | None) -> None:
        loop.suspend(stand_still)

    def stand_still() -> None:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)  # until it is in the foreground again
        signal.signal(signal.SIGTSTP, suspend)

    before = {number: signal.signal(number, end) for number in ENDS}
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, suspend)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
