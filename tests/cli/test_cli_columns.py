"""Rows in columns: what becomes of them where a terminal is narrow."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from fsmv2.cli.columns import lines_of, stacked_lines_of

TITLES = ("TOPIC", "UNIT", "LINE")
ROWS = [("umh/v1/a", "", "plant.yaml:12"), ("umh/v1/bb", "", "plant.yaml:9")]
WIDE = ["TOPIC      LINE", "umh/v1/a   plant.yaml:12", "umh/v1/bb  plant.yaml:9"]


def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))


def test_they_stand_in_columns_without_those_that_are_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert list(lines_of(TITLES, ROWS)) == list(stacked_lines_of(TITLES, ROWS)) == WIDE
    terminal(monkeypatch, 24)
    assert list(lines_of(TITLES, ROWS)) == list(stacked_lines_of(TITLES, ROWS)) == WIDE


def test_on_a_narrow_terminal_they_are_cut_or_have_two_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal(monkeypatch, 20)
    assert list(lines_of(TITLES, ROWS))[1] == "umh/v1/a   plant.ya…"
    assert list(stacked_lines_of(TITLES, ROWS)) == [
        "umh/v1/a",
        "    plant.yaml:12",
        "umh/v1/bb",
        "    plant.yaml:9",
    ]
