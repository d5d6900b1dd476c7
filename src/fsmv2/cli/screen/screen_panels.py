"""What a screen shows below its rows: what happened last, and what processes wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from fsmv2.cli.column_width import columns, cut_before, padded, wrapped
from fsmv2.cli.console import Part, styled
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.tree_display import OUTPUT, DisplayedEvent, event_text
from fsmv2.escaping import printable_line
from fsmv2.operate.time_text import clock_text

LEAST_EVENTS = 2
"""Of what happened last, so many are shown before anything else gets the lines."""


LEAST_OUTPUTS = 2


MOST_OUTPUTS = 8
"""Of what processes wrote."""


MOST_PATH = 36
"""Columns of the path of an event."""


LONGEST = 500
"""Columns of the widest terminal there is."""


LEVELS = {"warning": "yellow", "error": "red", "critical": "red"}


def panel_lines(content: ScreenContent, below: int, left: int, width: int) -> Iterator[Line]:
    """What stands below the rows, in so many lines; `below`: how many blocks for the end."""
    blocks = [line for block in content.below[:below] for line in block]
    left -= len(blocks)
    wrote = []
    if any(content.outputs):
        room = max(LEAST_OUTPUTS, min(MOST_OUTPUTS, left - 2 - LEAST_EVENTS - 1))
        wrote = fairly(content.outputs, room)
        left -= 1 + len(wrote)
    happened = content.events[-max(1, left - 1) :] if left > 1 else ()
    if happened:
        yield rule("what happened last")
        yield from _event_lines(happened, width, left - 1)
    if wrote:
        yield rule("what processes wrote")
        yield from _event_lines(wrote, width, len(wrote))
    yield from blocks


def _event_lines(events: Sequence[DisplayedEvent], width: int, room: int) -> Iterator[Line]:
    """One line of each; those that do not fit have more, the last ones first, if there is room."""
    path = min(MOST_PATH, width // 3, max(columns(event.path) for event in events))
    spare, rest = room - len(events), dict[int, list[str]]()
    for number in reversed(range(len(events))):
        more = wrapped(event_text(events[number]), max(20, width - path - 12))
        if events[number].kind != OUTPUT and 1 < len(more) <= spare + 1:
            rest[number] = more
            spare -= len(more) - 1
    for number, event in enumerate(events):
        line = _event_line(event, path)
        if number not in rest:
            yield line
            continue
        colour = LEVELS.get(event.level)
        first, *others = rest[number]
        yield (*line[:-1], styled(first, fg=colour))
        for text in others:
            yield (" " * (path + 12), styled(text, fg=colour))


def _event_line(event: DisplayedEvent, path: int) -> Line:
    begin: list[Part] = [
        styled(clock_text(event.at)[:8], dim=True),
        "  ",
        padded(cut_before(printable_line(event.path), path), path),
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
