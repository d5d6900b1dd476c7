"""The screen of `run` on a real terminal, which is emulated: keys, sizes, the end."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest
from emulated_terminal import on_a_terminal
from sample_plant import content, plant

from fsmv2.cli.output_thread import Outlet
from fsmv2.cli.screen.live_screen import LiveScreen
from fsmv2.cli.screen.live_source import LiveSource
from fsmv2.cli.screen.screen_content import ScreenContent
from fsmv2.cli.tree_display import DisplayedEvent

PLANT = """\
agent: {name: edge}
processes:
  web: {command: [sh, -c, "echo serves; exec sleep 600"]}
  ghost: {command: [/nowhere/ghost]}
"""


@pytest.mark.real
def test_run_takes_the_terminal_heeds_keys_and_sizes_and_gives_it_back(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT)
    with on_a_terminal("run", file, "--state-dir", tmp_path / "state") as terminal:
        terminal.shows("serves")
        shown = terminal.shows("/nowhere/ghost")
        assert terminal.screen.alternate
        assert shown.startswith("fsmv2 run plant.yaml")
        assert not terminal.as_before

        terminal.resize(100, 30)
        shown = terminal.until(lambda shown: len(shown.splitlines()[-1]) > 60 and "? help" in shown)
        assert shown.count("fsmv2 run") == 1, "nothing of another size is left"
        assert shown.splitlines()[-1].startswith("↑↓ select")

        terminal.press("?")
        terminal.shows("No key changes the tree")
        terminal.press("\x1b")
        terminal.shows("? help")
        terminal.press("/web")
        terminal.until(lambda shown: "filter: web" in shown and "─ ghost" not in shown)
        terminal.press("\r\x1b[B\r")
        terminal.shows("edge/web (process) is")
        terminal.press("q")
        terminal.shows("filter: web  esc shows all")
        terminal.press("q")
        terminal.shows("Ctrl-C stops the tree in order")

        terminal.press("\x03")
        shown = terminal.end()
        assert not terminal.screen.alternate
        assert not terminal.screen.cursor.hidden
        assert terminal.as_before
        assert terminal.code == 0
    assert "before the stop: " in shown
    assert "select" not in shown, "of the screen nothing stays"


@pytest.mark.real
def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: edge}\nprocesses: {web: {command: [sleep, '600']}}\n")
    words = ["run", file, "--state-dir", tmp_path / "state", "--for", "100ms"]
    with on_a_terminal(*words, env={"TERM": "dumb"}) as terminal:
        shown = terminal.end()
        assert b"\x1b" not in terminal.sent
    assert "before the stop: 2 workers" in shown


class Terminal(io.StringIO):
    """A terminal on which somebody looks."""

    def isatty(self) -> bool:
        return True


class Source(LiveSource):
    """A source of the same content again and again."""

    fails = False

    def content(self) -> ScreenContent:
        if self.fails:
            raise ValueError("no picture")
        return content(plant(1))


def waits_for(terminal: io.StringIO, text: str) -> str:
    limit = time.monotonic() + 100
    while text not in terminal.getvalue():
        assert time.monotonic() < limit, terminal.getvalue()
        time.sleep(0.01)
    return terminal.getvalue()


def taken(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in the place of all streams; inside a test, since pytest puts its own there."""
    found = Terminal()
    monkeypatch.setattr(sys, "stdout", found)
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setattr(sys, "stdin", None)
    return found


def test_what_others_print_meanwhile_is_shown_as_happened_and_stays_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = taken(monkeypatch)
    source, out = Source("run"), Outlet(io.StringIO(), "stdout")
    show = LiveScreen(source, out)
    show.begin()
    waits_for(terminal, "press-00")
    print("a library warns", file=sys.stderr)
    show.summary("it ended", {})
    before, _, after = terminal.getvalue().partition("\x1b[?1049l")
    assert "a library warns" not in before
    assert after.splitlines() == ["a library warns", "it ended"]
    assert [event.text for event in LiveSource.content(source).events] == ["a library warns"]
    out.close()


def test_a_picture_that_cannot_be_drawn_ends_no_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = taken(monkeypatch)
    source, out = Source("run"), Outlet(terminal, "stdout")
    show = LiveScreen(source, out)
    source.fails = True
    show.begin()
    waits_for(terminal, "the tree cannot be drawn, and continues to run: ValueError: no picture")
    show.happened(DisplayedEvent(0.0, "edge", "note", "info", "it goes on"))
    show.close()
    out.close()
    assert "edge  it goes on" in terminal.getvalue().partition("\x1b[?1049l")[2]


def test_h65_nothing_is_drawn_while_the_last_frame_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = taken(monkeypatch)

    class Unread(Outlet):
        @property
        def waiting(self) -> bool:
            return True

    out = Unread(io.StringIO(), "stdout")
    show = LiveScreen(Source("run"), out)
    show.begin()
    time.sleep(0.05)
    show.close()
    out.close()
    assert "press-00" not in terminal.getvalue()


def test_h84_a_picture_has_no_code_of_a_stranger_and_names_no_address(tmp_path: Path) -> None:
    nasty = "a\x1b]0;TITLE\x07b\u202ed\re"
    out = Outlet(io.StringIO(), "stdout")
    source = LiveSource(nasty, lambda: [[(nasty,)]])
    source.happened(DisplayedEvent(0.0, "p/m", "note", "warning", nasty))
    LiveScreen(source, out, shown=False).save_svg(tmp_path / "new" / "tree.svg")
    out.close()
    svg = (tmp_path / "new" / "tree.svg").read_text()
    assert "TITLE" in svg
    assert all(line.replace("\xa0", " ").isprintable() for line in svg.split("\n"))
    own = ("http://www.w3.org/2000/svg", "https://www.textualize.io")
    assert svg.count("http") == sum(map(svg.count, own))
