"""The answer to `why PATH --not STATE`, for people: what is missing, nearest to the cause first."""

from __future__ import annotations

from collections.abc import Iterator

from fsmv2.cli.column_width import wrapped
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.time_text import date_text, duration_text, local_times

LABEL = 12

LABELS = {
    "ended": "ended",
    "asked": "asked",
    "paused": "paused",
    "condition": "condition",
    "withheld": "withheld",
    "waits": "waits",
    "action": "action",
    "below": "below",
    "step": "now",
    "next": "next",
}


def lines_of(found: StateObstacles, width: int) -> Iterator[str]:
    """The answer, line by line."""
    lasted = duration_text(found.age)
    if found.reached:
        yield f"{found.path} ({found.type}) is {found.wanted}, for {lasted}: nothing is missing"
        if found.past:
            yield found.past
        return
    yield f"{found.path} ({found.type}) is not {found.wanted}, but {found.state}, for {lasted}"
    if found.way:
        yield from _labelled("way", " → ".join(found.way), width)
    else:
        text = f"no way leads from {found.state} to {found.wanted}"
        yield from _labelled("way", text, width)
    if found.document_change:
        yield from _labelled("document", found.document_change, width)
    for one in found.obstacles:
        yield from _labelled(LABELS[one.kind], one.text, width)
    if found.past:
        yield found.past
    elif found.recorded:
        who = f"process {found.process} does not answer" if found.process else "it does not run"
        yield f"{who}; this was so at {date_text(found.at)}"


def _labelled(label: str, text: str, width: int) -> Iterator[str]:
    for line in wrapped(" ".join(local_times(text).split()), max(30, width - LABEL)):
        yield f"  {label:{LABEL - 2}}{line}"
        label = ""
