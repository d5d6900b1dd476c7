"""Lines made to fit, and clean, whatever they are of."""

from __future__ import annotations

from fsmv2.cli.column_width import columns, cut
from fsmv2.cli.console import Part, Styled, styled
from fsmv2.cli.screen.screen_content import Line
from fsmv2.escaping import printable_line


def fitted(line: Line, width: int) -> Line:
    """A line of at most this width in which nothing is left that a terminal would obey. H84"""
    shown: list[Part] = []
    left = width
    for part in line:
        text = printable_line(part if isinstance(part, str) else part.text)
        taken = columns(text)
        if taken > left:
            text, taken = (text[:left] if text.endswith("──") else cut(text, left)), left
        shown.append(text if isinstance(part, str) else part._replace(text=text))
        left -= taken
        if left <= 0:
            break
    return shown


def with_right(line: Line, text: str, width: int) -> Line:
    """The same with a text at the end of the line, if there is space for it."""
    used = sum(columns(part if isinstance(part, str) else part.text) for part in line)
    if not text or used + columns(text) + 2 > width:
        return line
    return (*line, " " * (width - used - columns(text)), styled(text, dim=True))


def selected(line: Line, width: int) -> Line:
    """The same, marked as the one that is selected, over the whole width."""
    parts = [part if isinstance(part, Styled) else styled(part) for part in line]
    used = sum(columns(part.text) for part in parts)
    return [
        *(part._replace(reverse=True, dim=False) for part in parts),
        styled(" " * max(0, width - used), reverse=True),
    ]
