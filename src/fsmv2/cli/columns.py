"""Rows in columns, as wide as what stands in them, cut at the end of the line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from fsmv2.escaping import printable_line

GAP = "  "


def lines_of(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The titles and the rows; a column in which nothing stands is left out."""
    cells = [[printable_line(cell) for cell in row] for row in rows]
    used = [number for number in range(len(titles)) if any(row[number] for row in cells)]
    table = [[row[number] for number in used] for row in ([*titles], *cells)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield _cut(GAP.join(padded).rstrip())


def _cut(line: str) -> str:
    """At the width of a terminal; not at all where it goes to a file or a program."""
    if not sys.stdout.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return line if len(line) <= width else f"{line[: width - 1]}…"
