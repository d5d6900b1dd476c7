"""The rows of a screen as lines: those of them that are to be seen, in the lines there are."""

from __future__ import annotations

from typing import NamedTuple

from fsmv2.cli.column_width import columns, cut, padded, wrapped
from fsmv2.cli.console import Part, styled
from fsmv2.cli.screen.fitted_line import fitted, selected
from fsmv2.cli.screen.screen_body import Body, ScreenEntry
from fsmv2.cli.screen.screen_content import Line
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.status_text import COLOURS, INDENT, folded_text, note_of, trouble_lines
from fsmv2.escaping import printable_line
from fsmv2.operate.row_folding import Folded
from fsmv2.operate.time_text import age_text, local_times
from fsmv2.operate.worker_row import WorkerRow

LEAST_NOTE = 24
"""Columns that a reason needs; if it has fewer, the type of a worker is left out."""


LEAST_WRAPPED = 40
"""Columns below which a reason that does not fit goes on lines of its own."""


NAME_SHARE = 0.45
"""Of the width, what names in the tree take at most."""


PHASE_COLOURS = {
    "starting": "cyan",
    "running": "green",
    "degraded": "yellow",
    "stopping": "magenta",
    "failed": "red",
}


def rows_in(
    body: Body, state: ScreenState, at: float, room: int, width: int
) -> tuple[list[Line], int, int]:
    """The lines of the entries that are to be seen; the first of these, and how many they are."""
    entries = body.entries
    found = body.find(state.cursor) if state.cursor else None
    chosen = -1 if found is None else found
    made: dict[int, list[Line]] = {}

    def lines_of(number: int) -> list[Line]:
        if number not in made:
            lines = entry_lines(entries[number], body, at, width, whole=number == chosen)
            if number == chosen:
                lines = [selected(line, width) for line in lines]
            if number and entries[number].guide and not entries[number - 1].guide:
                lines.insert(0, _between(body))
            made[number] = lines
        return made[number]

    def taken(first: int, end: int) -> int:
        return sum(len(lines_of(number)) for number in range(first, end))

    if len(entries) <= room and (spare := room - taken(0, len(entries))) > 0:
        listed = {entry.row.path for entry in entries if entry.guide is None}
        others = [n for n, entry in enumerate(entries) if entry.row.path not in listed]
        for number in sorted(others, key=lambda number: entries[number].row.rank):
            lines = entry_lines(entries[number], body, at, width, whole=True)
            more = len(lines) - len(made[number]) + (not made[number][0])
            if number != chosen and 0 < more <= spare:
                made[number][-1:] = lines
                spare -= more
    top = min(state.top, max(0, len(entries) - 1))
    if chosen >= 0:
        top = max(min(top, chosen), chosen - room + 1)
        while chosen > top and taken(top, chosen + 1) > room:
            top += 1
    # What is above comes back when there is space for it again.
    while top and len(entries) - top < room and taken(top - 1, len(entries)) <= room:
        top -= 1
    seen: list[Line] = []
    page = 0
    for number in range(top, len(entries)):
        if page and len(seen) + len(lines_of(number)) > room:
            break
        seen += lines_of(number)
        page += 1
    return seen[:room], top, page


def _between(body: Body) -> Line:
    """What stands between those in trouble and the tree."""
    if not body.more_trouble:
        return ()
    return (styled(f"and {body.more_trouble} more in trouble: t lists all", fg="yellow"),)


def entry_lines(
    entry: ScreenEntry, body: Body, at: float, width: int, *, whole: bool
) -> list[Line]:
    """One that is in trouble with its whole reason; one of the tree in one line, unless `whole`."""
    row = entry.row
    if entry.guide is None and body.trouble_columns is not None:
        aged = trouble_lines(row, at - row.since, body.trouble_columns, entry.alike, width)
        return [fitted(line, width) for line in aged]
    widths = _tree_widths(body, width)
    lead, name = entry.guide or ("", row.path)
    note = printable_line(_note(row, entry.folded))
    begin: list[Part] = [
        styled(lead, dim=True),
        padded(cut(name, widths.name - len(lead)), widths.name - len(lead)),
    ]
    if widths.type:
        begin.append(styled(f"  {padded(row.type, widths.type)}", dim=True))
    begin += ["  ", styled(padded(row.state, widths.state), fg=_colour(row))]
    if widths.age:
        begin.append(f"  {age_text(at - row.since):>{widths.age}}")
    colour = "magenta" if row.overrides and row.healthy else None
    if not whole or columns(note) <= widths.note:
        if widths.note and note:
            begin.append(styled(f"  {cut(note, widths.note)}", fg=colour))
        return [fitted(begin, width)]
    rest = lead.replace("├─", "│ ").replace("└─", "  ")
    if widths.note >= LEAST_WRAPPED:
        first, *others = wrapped(note, widths.note)
        before = padded("", width - widths.note - columns(rest))
        return [
            fitted([*begin, styled(f"  {first}", fg=colour)], width),
            *((styled(rest, dim=True), before, styled(text, fg=colour)) for text in others),
        ]
    texts = wrapped(note, max(8, width - columns(rest) - len(INDENT)))
    return [
        fitted(begin, width),
        *((styled(rest, dim=True), INDENT, styled(text, fg=colour)) for text in texts),
    ]


def _note(row: WorkerRow, folded: Folded | None) -> str:
    """What is folded below it, or why it is as it is; of one in trouble that comes first."""
    if row.healthy or not row.reason:
        return note_of(row, folded)
    return "; ".join(filter(None, (local_times(row.reason), folded_text(folded))))


class _TreeWidths(NamedTuple):
    """How wide each column of the tree is drawn; 0: it is left out."""

    name: int
    type: int
    state: int
    age: int
    note: int


def _tree_widths(body: Body, width: int) -> _TreeWidths:
    name, type_, state = body.tree_columns
    state = min(state, max(8, width // 3))
    most = int(width * NAME_SHARE) if width >= LEAST_WRAPPED else width
    name = min(name, most, max(8, width - state - 2))
    age = 4 if width - name - state >= 10 else 0
    left = width - name - 2 - state - 2 * bool(age) - age - 2
    if left - type_ - 2 >= LEAST_NOTE:
        return _TreeWidths(name, type_, state, age, left - type_ - 2)
    return _TreeWidths(name, 0, state, age, max(0, left))


def _colour(row: WorkerRow) -> str | None:
    if row.below:
        return "yellow"
    if row.trouble is not None:
        return COLOURS[row.trouble]
    return PHASE_COLOURS.get(row.phase) if row.healthy or row.phase != "running" else "yellow"
