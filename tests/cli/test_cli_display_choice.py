"""Where a tree is shown on the screen, and where in lines."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from fsmv2.cli.display_choice import can_draw, choose_display
from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.output_thread import Outlet
from fsmv2.cli.screen.live_source import LiveSource


class Terminal(io.StringIO):
    """What stdout is on a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


def chosen(*, as_json: bool = False, save_svg: Path | None = None) -> str:
    out = Outlet(io.StringIO(), "stdout")
    show = choose_display(LiveSource("run"), out, as_json=as_json, save_svg=save_svg)
    out.close()
    return type(show).__name__


def test_the_screen_is_for_a_terminal_in_the_foreground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    assert chosen() == PlainLines.__name__, "a pipe"
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert chosen() == "LiveScreen"
    assert chosen(as_json=True) == JsonLines.__name__
    for name in ("dumb", ""):
        monkeypatch.setenv("TERM", name)
        assert can_draw() is (name == "xterm")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    assert chosen() == PlainLines.__name__, "another job has the terminal"


def test_a_picture_asks_for_a_screen_also_where_none_is_drawn(tmp_path: Path) -> None:
    assert chosen(save_svg=tmp_path / "tree.svg") == "LiveScreen"
