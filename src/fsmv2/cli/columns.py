"""Rows in columns, as wide as what stands in them, cut at the end of the line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from fsmv2.cli.column_width import columns, cut, padded
from fsmv2.escaping import printable_line

GAP = "  "


def stacked_lines_of(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The same as `lines_of`; where a terminal is too narrow for it, two lines for each row.

    The first cell, and the others below it: nothing is cut.
    """
    width = _width()
    lines = list(_lines(titles, rows))
    if width is None or all(columns(line) <= width for line in lines):
        yield from lines
        return
    for first, *others in rows:
        yield printable_line(first)
        yield f"    {', '.join(printable_line(cell) for cell in others if cell)}"


def lines_of(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The titles and the rows; a column in which nothing stands is left out."""
    width = _width()
    for line in _lines(titles, rows):
        yield line if width is None else cut(line, width)


def _lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = [[printable_line(cell) for cell in row] for row in rows]
    used = [number for number in range(len(titles)) if any(row[number] for row in cells)]
    table = [[row[number] for number in used] for row in ([*titles], *cells)]
    widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield GAP.join(map(padded, row, widths)).rstrip()


def _width() -> int | None:
    """That of the terminal; None where it goes to a file or a program, which cut nothing."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
