"""The screen of a tree in this process, as `run` and `demo` show it: drawn by a thread of its own.

Nothing of it is done on the loop of the tree, and the tree never waits for it: H65.
"""

from __future__ import annotations

import functools
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsmv2.cli.console import coloured, progress, put
from fsmv2.cli.line_output import line_of
from fsmv2.cli.output_thread import Outlet
from fsmv2.cli.screen.key_reader import KeyReader
from fsmv2.cli.screen.live_source import LiveSource
from fsmv2.cli.screen.screen_loop import ScreenLoop
from fsmv2.cli.screen.terminal_screen import TerminalScreen, kept_output
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.errors import error_text

CLOSED_WITHIN = 5.0
"""Seconds for the thread to end; it waits for nothing that lasts."""

QUIT_TEXT = "Ctrl-C stops the tree in order, children before parents"
"""What `q` shows: whoever leaves a screen does not mean to stop a plant."""


class LiveScreen:
    """Shows `source` on the terminal that `out` writes to; `shown`: only if there is one."""

    live = True

    def __init__(self, source: LiveSource, out: Outlet, *, shown: bool = True) -> None:
        self._source = source
        self._out = out
        self._shown = shown
        self._loop: ScreenLoop | None = None
        self._thread: threading.Thread | None = None
        self._failed = False

    def begin(self) -> None:
        """Take the terminal, unless that is done, and draw from now on."""
        if self._thread is not None or not self._shown:
            return
        keys = KeyReader(sys.stdin.fileno()) if sys.stdin and sys.stdin.isatty() else None
        self._loop = ScreenLoop(
            self._source,
            TerminalScreen(sys.stdout, coloured=coloured(sys.stdout)),
            keys,
            quit_text=QUIT_TEXT,
            busy=lambda: self._out.waiting,
        )
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name="fsmv2-screen", daemon=True
        )
        self._thread.start()

    def happened(self, happening: DisplayedEvent) -> None:
        """Have it shown; from any thread."""
        if self._failed:
            self._out.later(functools.partial(put, line_of(happening)))
        else:
            self._source.happened(happening)

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Give the terminal back, and print the text where the screen was."""
        self.close()
        put(text)

    def close(self) -> None:
        """Give the terminal back; from any thread."""
        if self._loop is not None and self._thread is not None:
            self._loop.close()
            if threading.current_thread() is not self._thread:
                self._thread.join(CLOSED_WITHIN)

    def save_svg(self, file: Path) -> None:
        """Write the screen as it is now as a picture."""
        from fsmv2.cli.screen.screen_picture import picture

        text = picture(self._source.content())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _run(self, loop: ScreenLoop) -> None:
        # A job in the background may draw and give its terminal back whatever `stty tostop` says,
        # and must not be stopped for a key that it reads: the whole tree would stand still.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU, signal.SIGTTIN})
        try:
            with kept_output(self._printed):
                loop.run()
        except Exception as error:  # noqa: BLE001  (a picture must not end a tree)
            self._failed = True
            progress(f"the tree cannot be drawn, and continues to run: {error_text(error)}")

    def _printed(self, line: str) -> None:
        if line and not line[0].isspace():  # of a traceback only what it is about; all is kept
            self._source.happened(DisplayedEvent(time.time(), "stderr", "note", "warning", line))
