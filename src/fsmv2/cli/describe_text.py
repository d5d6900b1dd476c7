"""The answer to `describe`, for people: one worker on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsmv2.cli.column_width import columns, padded, wrapped
from fsmv2.cli.console import Part, styled
from fsmv2.cli.event_text import text_of
from fsmv2.cli.observation_text import seen_text, tried_text
from fsmv2.cli.status_text import COLOURS, TROUBLE
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.time_text import (
    age_text,
    brief_date_text,
    clock_text,
    date_text,
    duration_text,
    local_times,
)
from fsmv2.operate.worker_description import WorkerDescription

Line = Sequence[Part]

LABEL = 12
"""Columns of a label and the space behind it."""

CONFIG_LINES = 20
"""Lines of a config that are shown; `-o yaml` has all."""


def lines_of(found: WorkerDescription, width: int) -> Iterator[Line]:
    """The answer, line by line."""
    yield _headline(found)
    for label, texts in _facts(found):
        yield from _labelled(label, [text for text in texts if text], width)
    yield from _children(found, width)
    yield from _config(found)
    yield from _past(found, width)
    yield from _last(found, width)


def _headline(found: WorkerDescription) -> Line:
    colour = "green" if found.healthy else "red" if found.phase == "failed" else "yellow"
    if found.phase in ("stopped", "initial"):
        colour = "white"
    return (
        styled("● ", fg=colour),
        styled(found.path, bold=True),
        f" ({found.type}) is ",
        styled(found.state, fg=colour, bold=True),
        f" for {duration_text(found.age)}, since {brief_date_text(found.since)}",
    )


def _facts(found: WorkerDescription) -> Iterator[tuple[str, list[str]]]:
    """What is known, each with its label: first why, then what is asked, then what comes."""
    phase = "" if found.phase == found.state else f"phase {found.phase}"
    health = "healthy" if found.healthy else "not healthy"
    yield "health", [", ".join(filter(None, (health, phase, f"instance {found.incarnation}")))]
    yield "because", [found.reason]
    asked = f"{found.control}: {found.control_reason}" if found.control_reason else found.control
    yield "asked", [asked]
    yield "document", [found.document_change]
    yield "paused", [found.paused]
    yield "override", [text for text in found.overrides if text != found.paused]
    yield "held", [found.held]
    yield "ended", [found.ended]
    yield "withheld", [found.withheld]
    yield (
        "condition",
        [
            f"{one.type} {one.status}, for {duration_text(one.age)}: {one.reason}"
            for one in found.conditions
        ],
    )
    yield "check", [f"{name}: {text}" for name, text in found.checks.items()]
    if found.action is not None:
        yield "action", [found.action.text]
    yield "observed", [seen_text(found.observed, found.observed_age, fresh=found.fresh)]
    yield "tried", [tried_text(found.attempts, found.retry_in, found.next_delays)]
    yield "next", [f"in {duration_text(one.seconds)} it {one.text}" for one in found.due]
    # Whoever reads of one that is well, or was stopped without a failure, needs none of it.
    if not found.healthy and (found.attempts or found.phase != "stopped"):
        yield "to do", [f"({n}) {step}" for n, step in enumerate(found.manual_steps, 1)]
        yield "runbook", [found.explain, found.runbook]


def _children(found: WorkerDescription, width: int) -> Iterator[Line]:
    rows = found.children
    if not rows:
        return
    yield ("",)
    yield (styled("children", bold=True),)
    names = [row.path.rpartition("/")[2] for row in rows]
    name, type_, state = (
        max(map(columns, texts))
        for texts in (names, [r.type for r in rows], [r.state for r in rows])
    )
    left = width - 2 - name - 2 - type_ - 2 - state - 2 - 4 - 2
    for own, row in zip(names, rows, strict=True):
        colour = "green" if row.healthy else COLOURS.get(row.trouble or "")
        note = local_times(row.reason)
        if row.trouble is not None:
            note = f"{'affected' if row.below else TROUBLE[row.trouble]}: {note}"
        first, *rest = wrapped(note, max(30, left - 1)) or [""]
        cut = "…" if rest and row.trouble is None else ""
        yield (
            f"  {padded(own, name)}  {row.type:{type_}}  ",
            styled(padded(row.state, state), fg=colour),
            f"  {age_text(row.age):>4}  {first}{cut}".rstrip(),
        )
        if row.trouble is not None:  # the only cause is wrapped, never cut
            for line in rest:
                yield (" " * (width - max(30, left)), line)
    if found.more_children:
        more = ", ".join(f"{number} {type_}" for type_, number in found.more_children.items())
        yield (f"  and {more}: fsmv2 status {found.path}",)


def _config(found: WorkerDescription) -> Iterator[Line]:
    lines = found.config.splitlines()
    if not lines or lines == ["{}"]:
        return
    yield ("",)
    yield (styled("config", bold=True),)
    for line in lines[:CONFIG_LINES]:
        yield (f"  {line}",)
    if len(lines) > CONFIG_LINES:
        yield (f"  and {len(lines) - CONFIG_LINES} more lines: -o yaml",)


def _past(found: WorkerDescription, width: int) -> Iterator[Line]:
    """What was recorded of it; or what it decided, where nothing is recorded."""
    happened = [(one.at, _event_text(one, found.path), one.level) for one in found.events] or [
        (one.at, local_times(one.text), "info") for one in found.lately
    ]
    if not happened:
        return
    yield ("",)
    yield (styled("lately", bold=True),)
    for at, text, level in happened:
        colour = {"warning": "yellow", "error": "red", "critical": "red"}.get(level)
        first, *rest = wrapped(" ".join(text.split()), max(30, width - 16)) or [""]
        yield (f"  {clock_text(at)}  ", styled(first, fg=colour))
        for line in rest:
            yield (" " * 16, styled(line, fg=colour))


def _event_text(event: RecordedEvent, path: str) -> str:
    """What happened, to whom below `path`: `dfc_read: starting → active: reads 2 tags`."""
    text = text_of(event.kind, event.text)
    below = event.path.removeprefix(f"{path}/")
    return text if event.path == path else f"{below}: {text}"


def _last(found: WorkerDescription, width: int) -> Iterator[Line]:
    if not found.recorded:
        return
    if found.past:
        text = found.past
    elif not found.process:
        text = f"it is no longer running; this was so at {date_text(found.at)}"
    else:
        text = f"process {found.process} does not answer; this is from its journal, as of "
        text += date_text(found.at)
        text += f"; nothing is recorded since: {found.missing}" if found.missing else ""
    yield ("",)
    for line in wrapped(text, width):
        yield (styled(line, fg="yellow"),)


def _labelled(label: str, texts: Sequence[str], width: int) -> Iterator[Line]:
    """Texts with their label before the first; wrapped, never cut."""
    for text in texts:
        lines = wrapped(" ".join(local_times(text).split()), max(30, width - LABEL))
        for line in lines:
            yield (styled(f"{label:>{LABEL - 2}}  ", fg="cyan"), line)
            label = ""
