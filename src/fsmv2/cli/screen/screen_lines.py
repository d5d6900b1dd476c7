"""The lines of a screen: a function of what there is to show, what was chosen, and the size.

From the top: the title, what concerns the whole tree, the rows, what happened last, what processes
wrote, what a demo shows, and the keys. The rows come first: for their sake the others get smaller
and go; and what they leave is used by the others, so that no line is empty that could tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from fsmv2.cli.column_width import columns, cut, padded, wrapped
from fsmv2.cli.console import Part, Styled, styled
from fsmv2.cli.screen.screen_body import Body, ScreenEntry, body_of
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.status_text import COLOURS, INDENT, TROUBLE, note_of, trouble_lines
from fsmv2.cli.tree_display import OUTPUT, DisplayedEvent, event_text
from fsmv2.escaping import printable_line
from fsmv2.operate.time_text import age_text, clock_text
from fsmv2.operate.worker_row import WorkerRow

LEAST_EVENTS = 2
"""Of what happened last, so many are shown before anything else gets the lines."""

LEAST_OUTPUTS = 2
MOST_OUTPUTS = 8
"""Of what processes wrote."""

PANELS_SHARE = 0.4
"""What stands below the rows takes at most this part of the screen while the rows need it."""

LEAST_FOR_PANELS = 9
"""Lines of a screen below which there are only rows."""

LEAST_NOTE = 24
"""Columns that a reason needs; if it has fewer, the type of a worker is left out."""

LEAST_WRAPPED = 40
"""Columns below which a reason that does not fit goes on lines of its own."""

NAME_SHARE = 0.45
"""Of the width, what names in the tree take at most."""

MOST_PATH = 36
"""Columns of the path of an event."""

PHASE_COLOURS = {
    "starting": "cyan",
    "running": "green",
    "degraded": "yellow",
    "stopping": "magenta",
    "failed": "red",
}
LONGEST = 500
"""Columns of the widest terminal there is."""

LEVELS = {"warning": "yellow", "error": "red", "critical": "red"}

KEYS: Line = (
    styled("↑↓", bold=True),
    " select  ",
    styled("←→", bold=True),
    " fold  ",
    styled("enter", bold=True),
    " details  ",
    styled("/", bold=True),
    " filter  ",
    styled("t", bold=True),
    " trouble  ",
    styled("?", bold=True),
    " help",
)

HELP = """\
↑ ↓  k j           select a worker
page up, page down  a screen further; home and end: the first and the last
→ ←  l h  space     unfold and fold what is below it
+  -                unfold everything; fold as the screen has space for
enter               all there is to know of it; escape goes back
/                   show only rows in which all these words stand: path, type, state, reason
t                   only what needs a look
escape              undo the selection; then the filter and what was unfolded
ctrl-l              draw everything anew
q                   leave

No key changes the tree: that is done with commands, such as fsmv2 stop, pause, retry, apply."""


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
    events: int
    outputs: int
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
        shape = _shape(content, height - keys)
        of = (content.version, state.asked, shape.body, width)
        if self._body is None or of != self._made_of:
            self._body = body_of(content.rows, state.asked, shape.body, width)
            self._made_of = of
        body = self._body
        head = [*_head(content, body, width), *content.notes][: 1 + shape.notes]
        lines: list[Line] = [fitted(line, width) for line in head]
        rows, top, page = _rows(body, state, content.at, shape.body, width)
        lines += rows
        left = height - keys - len(lines)
        lines += [fitted(line, width) for line in _panels(content, shape, left, width)]
        lines = lines[: height - keys]
        if keys:
            lines += [()] * (height - 1 - len(lines))
            lines.append(fitted(_last(state, body, top, page, width), width))
        return ScreenFrame(lines, top, page, body)


def _shape(content: ScreenContent, height: int) -> Shape:
    """How many lines each part gets; of the rows at most, of the others at least."""
    notes = 1 + len(content.notes)
    if height < LEAST_FOR_PANELS:
        notes = 0
        return Shape(notes, max(1, height - 1), 0, 0, 0)
    room = height - 1 - notes
    wish = min(len(content.rows) + 2, room - int(room * PANELS_SHARE))
    events = 1 + LEAST_EVENTS
    outputs = 1 + LEAST_OUTPUTS if any(content.outputs) else 0
    below = len(content.below)
    while below and _lines_below(content, below) + events + outputs > room - wish:
        below -= 1
    body = room - events - outputs - _lines_below(content, below)
    return Shape(notes, max(1, body), events, outputs, below)


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
        yield line[:-1]
    else:
        yield (styled("all as asked for", fg="green") if workers else styled("starts", dim=True),)


def _rows(
    body: Body, state: ScreenState, at: float, room: int, width: int
) -> tuple[list[Line], int, int]:
    """The lines of the entries that are to be seen; the first of these, and how many they are."""
    entries = body.entries
    found = body.find(state.cursor) if state.cursor else None
    selected = -1 if found is None else found
    made: dict[int, list[Line]] = {}

    def lines_of(number: int) -> list[Line]:
        if number not in made:
            lines = entry_lines(entries[number], body, at, width, whole=number == selected)
            if number == selected:
                lines = [_selected(line, width) for line in lines]
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
            if number != selected and 0 < more <= spare:
                made[number][-1:] = lines
                spare -= more
    top = min(state.top, max(0, len(entries) - 1))
    if selected >= 0:
        top = max(min(top, selected), selected - room + 1)
        while selected > top and taken(top, selected + 1) > room:
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
    note = printable_line(note_of(row, entry.folded))
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


def _panels(content: ScreenContent, shape: Shape, left: int, width: int) -> Iterator[Line]:
    """What stands below the rows, in the lines that these have left."""
    if not shape.events:
        return
    blocks = [line for block in content.below[: shape.below] for line in block]
    left -= len(blocks)
    wrote = []
    if shape.outputs:
        room = max(LEAST_OUTPUTS, min(MOST_OUTPUTS, left - 2 - LEAST_EVENTS - 1))
        wrote = fairly(content.outputs, room)
        left -= 1 + len(wrote)
    happened = content.events[-max(1, left - 1) :] if left > 1 else ()
    if happened:
        yield rule("what happened last")
        path = min(MOST_PATH, width // 3, max(columns(event.path) for event in happened))
        for event in happened:
            yield _event_line(event, path)
    if wrote:
        yield rule("what processes wrote")
        path = min(MOST_PATH, width // 3, max(columns(line.path) for line in wrote))
        for event in wrote:
            yield _event_line(event, path)
    yield from blocks


def _event_line(event: DisplayedEvent, path: int) -> Line:
    begin: list[Part] = [
        styled(clock_text(event.at)[:8], dim=True),
        "  ",
        padded(cut(printable_line(event.path), path), path),
        "  ",
    ]
    if event.kind == OUTPUT:
        return (*begin, styled(f"{event.stream:3} │ ", dim=True), event_text(event))
    return (*begin, styled(event_text(event), fg=LEVELS.get(event.level)))


def rule(title: str) -> Line:
    """A line across the screen with a title; what is beyond the width is not drawn."""
    return (styled(f"── {title} {'─' * LONGEST}", dim=True),)


def fairly(outputs: Iterable[Sequence[DisplayedEvent]], rows: int) -> list[DisplayedEvent]:
    """The last line of each process, the one before it of each, and so on, `rows` in all.

    Oldest first; so one that writes much leaves room for the others.
    """
    rounds = zip_longest(*(reversed(lines) for lines in outputs))
    chosen: list[DisplayedEvent] = []
    for lines in rounds:
        latest = sorted((line for line in lines if line is not None), key=lambda line: -line.at)
        chosen += latest[: rows - len(chosen)]
    chosen.reverse()  # so that lines of one moment stay in order
    return sorted(chosen, key=lambda line: line.at)


def _last(state: ScreenState, body: Body, top: int, page: int, width: int) -> Line:
    """The keys; or what is typed, or a message; and which part of the rows is to be seen."""
    where = ""
    if page < len(body.entries):
        where = f"{top + 1}–{top + page} of {len(body.entries)}"
    left: Line = KEYS
    if state.typing:
        left = (styled("filter: ", bold=True), state.asked.text, styled("█", dim=True))
    elif state.message:
        left = (styled(state.message, fg="yellow"),)
    elif state.asked.text or state.asked.trouble:
        shown = "only trouble" if state.asked.trouble else ""
        if state.asked.text:
            shown = " ".join(filter(None, (shown, f"filter: {state.asked.text}")))
        left = (styled(shown, bold=True), "  ", styled("esc", bold=True), " shows all")
    text = fitted(left, width - len(where) - 1) if where else left
    used = sum(columns(part if isinstance(part, str) else part.text) for part in text)
    return (*text, " " * max(1, width - used - len(where)), styled(where, dim=True))


def text_frame(
    lines: Sequence[Line], title: str, scroll: int, width: int, height: int
) -> tuple[list[Line], int]:
    """A text to be read, from its line `scroll` on, and how far it was scrolled at most."""
    room = max(1, height - 1 - bool(title))
    scroll = min(scroll, max(0, len(lines) - room))
    shown: list[Line] = [fitted((styled(title, bold=True),), width)] if title else []
    shown += [fitted(line, width) for line in lines[scroll : scroll + room]]
    shown += [()] * (height - 1 - len(shown))
    more = len(lines) - scroll - room
    keys: Line = (styled("esc", bold=True), " back")
    if len(lines) > room:
        keys = (styled("↑↓", bold=True), " scroll  ", *keys, f"  {max(0, more)} more lines")
    return [*shown, fitted(keys, width)][:height], scroll


def help_lines(quit_text: str) -> list[Line]:
    """What each key does."""
    lines = HELP.splitlines()
    return [(line,) for line in lines] + ([(), (quit_text,)] if quit_text else [])


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


def _selected(line: Line, width: int) -> Line:
    """The same, marked as the one that is selected, over the whole width."""
    parts = [part if isinstance(part, Styled) else styled(part) for part in line]
    used = sum(columns(part.text) for part in parts)
    return [
        *(part._replace(reverse=True, dim=False) for part in parts),
        styled(" " * max(0, width - used), reverse=True),
    ]
