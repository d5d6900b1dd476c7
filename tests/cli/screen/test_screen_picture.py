"""The screen, or lines of a terminal, as a picture."""

from __future__ import annotations

from fsmv2.cli.console import styled
from fsmv2.cli.screen.screen_picture import drawn


def test_lines_are_drawn_with_their_styles() -> None:
    svg = drawn([("plain ", styled("red", fg="red", bold=True))], "a title", 40)
    assert "plain" in svg
    assert "a&#160;title" in svg or "a title" in svg
    assert "font-weight: bold" in svg


def test_what_is_selected_is_seen() -> None:
    """Its colours are changed over, as on the screen."""
    selected = drawn([(styled("row", reverse=True),)], "t", 40)
    assert selected.count("<rect") == drawn([("row",)], "t", 40).count("<rect") + 1


def test_no_font_is_fetched_from_elsewhere() -> None:
    assert "@font-face" not in drawn([("x",)], "t", 40)


def test_a_title_does_not_move_a_cursor() -> None:
    assert "\x1b" not in drawn([("x",)], "evil \x1b[2J", 40)
