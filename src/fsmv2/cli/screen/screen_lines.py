"""The lines of a screen: a function of what there is to show, what was chosen, and the size.

From the top: the title, what concerns the whole tree, the rows, what happened last, what processes
wrote, what a demo shows, and the keys. The rows come first: for their sake the others get smaller
and go; and what they leave is used by the others, so that no line is empty that could tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fsmv2.cli.column_width import wrapped
from fsmv2.cli.console import Part, styled
from fsmv2.cli.screen.entry_lines import PHASE_COLOURS, rows_in
from fsmv2.cli.screen.fitted_line import fitted, with_right
from fsmv2.cli.screen.screen_body import Body, body_of
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.screen.screen_help import last_line
from fsmv2.cli.screen.screen_panels import LEAST_EVENTS, LEAST_OUTPUTS, panel_lines
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.status_text import COLOURS, TROUBLE
from fsmv2.escaping import printable_line
from fsmv2.operate.row_folding import is_cause
from fsmv2.operate.time_text import clock_text

PANELS_SHARE = 0.4
"""What stands below the rows takes at most this part of the screen while the rows need it."""


MOST_NOTE = 3
"""Lines of what concerns the whole tree, of each."""

LEAST_FOR_PANELS = 9
"""Lines of a screen below which there are only rows."""


class ScreenFrame(NamedTuple):
    """The lines; and what the next key is to know: the first entry that is shown, how many are,
    and the entries.
    """

    lines: list[Line]
    top: int
    page: int
    body: Body


class Shape(NamedTuple):
    """How the lines are divided."""

    notes: int
    body: int
    panels: bool
    below: int


class ScreenLines:
    """Makes frames; keeps the rows it picked until something is another way."""

    def __init__(self) -> None:
        self._made_of: object = None
        self._body: Body | None = None

    def frame(
        self, content: ScreenContent, state: ScreenState, width: int, height: int, *, keys: bool
    ) -> ScreenFrame:
        """At most `height` lines of at most `width` columns. `keys`: show what can be pressed."""
        notes = [
            styled(line, fg=note.fg, bold=note.bold)
            for note in content.notes
            for line in wrapped(printable_line(note.text), width)[:MOST_NOTE]
        ]
        shape = _shape(content, 1 + len(notes), height - keys)
        of = (content.version, state.asked, shape.body, width)
        if self._body is None or of != self._made_of:
            before = None if self._body is None else self._body.outline
            self._body = body_of(content.rows, state.asked, shape.body, width, before)
            self._made_of = of
        body = self._body
        head = [*_head(content, body, width), *((note,) for note in notes)][: 1 + shape.notes]
        lines: list[Line] = [fitted(line, width) for line in head]
        rows, top, page = rows_in(body, state, content.at, shape.body, width)
        if not rows and body.phases:
            rows = [(styled("no worker matches", dim=True),)]
        lines += rows
        left = height - keys - len(lines)
        if shape.panels:
            below = panel_lines(content, shape.below, left, width)
            lines += [fitted(line, width) for line in below]
        lines = lines[: height - keys]
        if keys:
            lines += [()] * (height - 1 - len(lines))
            lines.append(fitted(last_line(state, len(body.entries), top, page, width), width))
        return ScreenFrame(lines, top, page, body)


def _shape(content: ScreenContent, notes: int, height: int) -> Shape:
    """How many lines the rows get at most, and what else there is space for."""
    if height < LEAST_FOR_PANELS:
        return Shape(0, max(1, height - 1), False, 0)
    room = height - 1 - notes
    rows = content.rows
    causes = sum(map(is_cause, rows.values())) if len(rows) < room else room
    wish = min(len(rows) + 2 * causes + bool(causes), room - int(room * PANELS_SHARE))
    events = 1 + LEAST_EVENTS
    outputs = 1 + LEAST_OUTPUTS if any(content.outputs) else 0
    below = len(content.below)
    while below and _lines_below(content, below) + events + outputs > room - wish:
        below -= 1
    body = room - events - outputs - _lines_below(content, below)
    return Shape(notes, max(1, body), True, below)


def _lines_below(content: ScreenContent, blocks: int) -> int:
    return sum(map(len, content.below[:blocks]))


def _head(content: ScreenContent, body: Body, width: int) -> Iterator[Line]:
    workers = sum(body.phases.values())
    title: list[Part] = [
        styled(content.title, bold=True),
        "  ",
        styled(clock_text(content.at)[:8], dim=True),
    ]
    for phase, number in body.phases.items():
        title += ["  ", styled(f"{number} {phase}", fg=PHASE_COLOURS.get(phase))]
    yield title
    if body.trouble:
        line: list[Part] = ["need a look: "]
        for name in TROUBLE:
            if body.trouble.get(name):
                line += [
                    styled(f"{body.trouble[name]} {TROUBLE[name]}", fg=COLOURS[name]),
                    ", ",
                ]
        yield with_right(line[:-1], content.about, width)
    else:
        well = (
            styled("all as requested", fg="green")
            if workers
            else styled("no workers yet", dim=True)
        )
        yield with_right([well], content.about, width)
