"""How much a terminal has space for; a pipe has as much as anybody reads."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NamedTuple

from fsmv2.operate.row_folding import Space

LINES_OF_A_PIPE = 100

HEADLINES = 8
"""Lines for what stands above and between rows, and for the next prompt."""

NO_END = 100_000
"""Columns of a pipe: whoever searches it wants a whole worker in one line."""


class ScreenSize(NamedTuple):
    """Columns and lines."""

    columns: int
    lines: int

    @property
    def space(self) -> Space:
        """For workers, so that what stands first is still to be seen."""
        return Space(max(12, self.lines - HEADLINES), self.columns)


def screen_size() -> ScreenSize:
    """Of stdout; COLUMNS and LINES say otherwise."""
    if sys.stdout.isatty():
        return ScreenSize(*shutil.get_terminal_size((80, 24)))
    return ScreenSize(
        _variable("COLUMNS") or NO_END,
        _variable("LINES") or LINES_OF_A_PIPE,
    )


def _variable(name: str) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0
