"""Draws the screen again and again, and heeds keys, until it is closed or left."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

import msgspec

from fsmv2.cli.column_width import wrapped
from fsmv2.cli.describe_text import lines_of
from fsmv2.cli.screen.key_reader import KeyReader
from fsmv2.cli.screen.screen_body import EMPTY_BODY
from fsmv2.cli.screen.screen_content import Line, ScreenContent, ScreenSource
from fsmv2.cli.screen.screen_help import help_lines, text_frame
from fsmv2.cli.screen.screen_lines import ScreenFrame, ScreenLines
from fsmv2.cli.screen.screen_state import ScreenState, pressed
from fsmv2.cli.screen.terminal_screen import TerminalScreen

EVERY = 0.25
"""Seconds between two frames."""

SHARE = 10
"""Drawing takes at most one in so many parts of the time: in `run` it has the processor that the
tree needs."""


class ScreenLoop:
    """One screen. `keys`: None where there is no keyboard; `busy`: whether what was written is not
    shown yet; `quit_text`: see `pressed`.
    """

    def __init__(
        self,
        source: ScreenSource,
        terminal: TerminalScreen,
        keys: KeyReader | None,
        *,
        quit_text: str = "",
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._source = source
        self._terminal = terminal
        self._keys = keys
        self._quit_text = quit_text
        self._busy = busy
        self._state = ScreenState()
        self._lines = ScreenLines()
        self._frame = ScreenFrame([], 0, 1, EMPTY_BODY)
        self._size = (0, 0)
        self._content: ScreenContent | None = None
        self._closed = False
        self._stand_still: Callable[[], None] | None = None
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Show it until it is closed, or left with a key; the terminal is as before then."""
        try:
            self._terminal.enter()
            while not self._ended:
                self._suspended()
                began = time.monotonic()
                if not self._busy():
                    self._draw(self._source.content())
                self._heed_keys(max(EVERY, SHARE * (time.monotonic() - began)))
        finally:
            self._leave()

    def close(self) -> None:
        """Have it end; from any thread."""
        self._closed = True
        os.write(self._wake, b".")

    def suspend(self, stand_still: Callable[[], None]) -> None:
        """Have the terminal given back while `stand_still` is called; for a signal handler."""
        self._stand_still = stand_still
        os.write(self._wake, b".")

    def _suspended(self) -> None:
        if (stand_still := self._stand_still) is not None:
            self._stand_still = None
            os.read(self._woken, 1)
            self._leave()
            stand_still()
            self._terminal.enter()

    def _leave(self) -> None:
        if self._keys is not None:
            self._keys.leave()
        self._terminal.leave()

    @property
    def _ended(self) -> bool:
        return self._closed or self._state.done

    def _heed_keys(self, seconds: float) -> None:
        """Until new content is due; what a key or another size changes is drawn at once."""
        due = time.monotonic() + seconds
        while not self._ended and (left := due - time.monotonic()) > 0:
            keys = self._pressed(min(left, EVERY))
            if self._stand_still is not None:
                return
            for key in keys:
                self._heed(key)
            changed = keys or self._terminal.size() != self._size
            if changed and self._content is not None and not self._busy():
                self._draw(self._content)

    def _heed(self, key: str) -> None:
        if key == "ctrl-l":
            self._terminal.forget()
        asked, frame = self._state.asked, self._frame
        self._state = pressed(self._state, key, frame.body, frame.page, self._quit_text)
        # The next key, which may have come with it, is about the rows of now.
        if self._state.asked != asked and self._content is not None:
            self._frame = self._framed(self._content)

    def _framed(self, content: ScreenContent) -> ScreenFrame:
        columns, lines = self._size
        keys = self._keys is not None
        return self._lines.frame(content, self._state, columns, lines, keys=keys)

    def _pressed(self, seconds: float) -> list[str]:
        if self._keys is not None:
            return self._keys.wait(seconds, self._woken)
        select.select([self._woken], [], [], seconds)
        return []

    def _draw(self, content: ScreenContent) -> None:
        self._content = content
        columns, lines = self._size = self._terminal.size()
        state = self._state
        if state.view == "tree":
            self._frame = self._framed(content)
            self._state = msgspec.structs.replace(state, top=self._frame.top)
            self._terminal.draw(self._frame.lines, self._size)
            return
        text, title = self._text(state, columns)
        shown, scroll = text_frame(text, title, state.scroll, columns, lines)
        self._state = msgspec.structs.replace(state, scroll=scroll)
        self._terminal.draw(shown, self._size)

    def _text(self, state: ScreenState, width: int) -> tuple[list[Line], str]:
        if state.view == "help":
            return help_lines(self._quit_text), "keys"
        found = self._source.description(state.path)
        if isinstance(found, str):
            return [(text,) for text in wrapped(found, width)], state.path
        return list(lines_of(found, width)), ""
