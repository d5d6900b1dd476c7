"""Frames and keys together: what is drawn when."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable

from emulated_terminal import EmulatedScreen, pyte
from sample_plant import content, plant

from fsmv2.cli.screen.key_reader import KeyReader
from fsmv2.cli.screen.screen_content import ScreenContent
from fsmv2.cli.screen.screen_loop import ScreenLoop
from fsmv2.cli.screen.terminal_screen import TerminalScreen
from fsmv2.operate.worker_description import WorkerDescription


class Keyboard(KeyReader):
    """Keys that a test presses, those of one call all at once."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.pressed: list[list[str]] = []
        self.left = False

    def wait(self, seconds: float, wake: int) -> list[str]:
        if not self.pressed:
            time.sleep(0.002)
            return []
        return self.pressed.pop(0)

    def leave(self) -> None:
        self.left = True


class Shown(TerminalScreen):
    """A terminal that is emulated, of a size that a test may change."""

    def __init__(self) -> None:
        self.now = (80, 24)
        self.screen = EmulatedScreen(*self.now)
        stream = pyte.Stream(self.screen)
        output = io.StringIO()
        output.write = lambda text: (stream.feed(text), len(text))[1]  # type: ignore[method-assign]
        super().__init__(output, coloured=False)

    def size(self) -> tuple[int, int]:
        return self.now


class Source:
    """The same plant again and again."""

    def content(self) -> ScreenContent:
        return content(plant(30))

    def description(self, path: str) -> WorkerDescription | str:
        return f"all about {path}"


class Running:
    """A loop in a thread of its own."""

    def __init__(self, quit_text: str = "") -> None:
        self.terminal, self.keys = Shown(), Keyboard()
        self.loop = ScreenLoop(Source(), self.terminal, self.keys, quit_text=quit_text)
        self.thread = threading.Thread(target=self.loop.run)
        self.thread.start()

    def press(self, *keys: str) -> None:
        self.keys.pressed.append([*keys])

    def shows(self, seen: Callable[[str], bool]) -> str:
        limit = time.monotonic() + 100
        while not seen(shown := "\n".join(self.terminal.screen.lines_shown)):
            assert time.monotonic() < limit, shown
            time.sleep(0.002)
        return shown

    def close(self) -> None:
        self.loop.close()
        self.thread.join(100)
        assert not self.thread.is_alive()


def test_keys_that_come_at_once_each_mean_the_rows_of_then() -> None:
    running = Running()
    running.shows(lambda shown: "press-00" in shown)
    running.press("/", *"press-07 read", "enter", "down", "enter")
    running.shows(lambda shown: "all about edge/press-07/read" in shown)
    running.press("escape", "?")
    running.shows(lambda shown: "No key changes the tree" in shown)
    running.close()


def test_another_size_is_drawn_without_a_key() -> None:
    running = Running()
    running.shows(lambda shown: "? help" in shown)
    running.terminal.screen.resize(10, 40)
    running.terminal.now = (40, 10)
    shown = running.shows(lambda shown: "↑↓" in shown.splitlines()[-1])
    assert len(shown.splitlines()) == 10
    running.close()


def test_it_ends_with_q_or_when_it_is_closed_and_gives_everything_back() -> None:
    running = Running()
    running.press("q")
    running.thread.join(100)
    assert not running.thread.is_alive()
    assert running.keys.left
    assert not running.terminal.screen.alternate
    kept = Running(quit_text="Ctrl-C stops the tree")
    kept.press("q")
    kept.shows(lambda shown: "Ctrl-C stops the tree" in shown)
    kept.close()
    assert not kept.terminal.screen.alternate


def test_while_it_is_suspended_the_terminal_is_as_before() -> None:
    running = Running()
    running.shows(lambda shown: "? help" in shown)
    seen: list[bool] = []
    running.loop.suspend(lambda: seen.append(running.terminal.screen.alternate))
    running.press()
    running.shows(lambda shown: bool(seen) and "? help" in shown)
    assert seen == [False]
    assert running.terminal.screen.alternate
    running.close()


def test_without_a_keyboard_it_is_drawn_and_closed_all_the_same() -> None:
    terminal = Shown()
    loop = ScreenLoop(Source(), terminal, None)
    thread = threading.Thread(target=loop.run)
    thread.start()
    limit = time.monotonic() + 100
    while "press-00" not in "\n".join(terminal.screen.lines_shown):
        assert time.monotonic() < limit
        time.sleep(0.002)
    assert "? help" not in "\n".join(terminal.screen.lines_shown)
    loop.close()
    thread.join(100)
    assert not thread.is_alive()
    assert os.read(loop._woken, 1) == b"."
