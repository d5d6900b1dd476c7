"""The answer to `status`, for people: what is to be known first, then trouble, then the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fsmv2.cli.column_width import columns, cut, padded, wrapped
from fsmv2.cli.console import Part, count, styled
from fsmv2.cli.tree_guides import guides
from fsmv2.operate.request_types import PathOverride
from fsmv2.operate.row_folding import Alike, Folded, is_cause
from fsmv2.operate.time_text import (
    age_text,
    brief_date_text,
    date_text,
    duration_text,
    local_times,
)
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.worker_row import WorkerRow

Line = Sequence[Part]

TROUBLE = {
    "escalated": "escalated",
    "circuit_open": "circuit open",
    "failed": "failed",
    "degraded": "degraded",
    "not_converged": "not there yet",
    "recovering": "recovering",
    "held": "held",
    "overridden": "changed by hand",
}
"""Each kind of trouble in words; see `worker_row.Trouble`."""

COLOURS = {
    "escalated": "red",
    "circuit_open": "red",
    "failed": "red",
    "degraded": "yellow",
    "not_converged": "cyan",
    "recovering": "yellow",
    "held": "magenta",
    "overridden": "magenta",
}

LEAST_REASON = 50
"""Columns below which a reason goes on lines of its own."""

INDENT = "    "

OVERRIDES = 5
"""Overrides that are named at the top; `fsmv2 overrides` lists all."""


def lines_of(report: TreeReport, width: int) -> Iterator[Line]:
    """The answer, line by line."""
    yield from head_lines(report, width)
    causes = [row for row in report.rows if is_cause(row)]
    others = [row for row in report.rows if not is_cause(row)]
    if causes:
        yield ()
        yield from _trouble(report, causes, width)
    if report.more_trouble:
        more = count(report.more_trouble, "more worker")
        yield (styled(f"{more} in trouble: fsmv2 status --trouble -o wide", fg="yellow"),)
    if others:
        yield ()
        yield from _tree(report, others, width)
    if rest := report.more - report.more_trouble:
        yield (f"and {rest} more: -o wide has all",)
    if not report.rows and not report.more:
        yield ()
        yield ("no worker matches",)


def head_lines(report: TreeReport, width: int) -> Iterator[Line]:
    """What is to be known of the tree before any worker of it."""
    head = report.head
    about = []
    if head.generation:
        pin = " (pinned)" if head.pinned else ""
        pin = pin if head.pin_known else " (it is not recorded whether it was pinned)"
        about.append(f"generation {head.generation}{pin}")
    if head.process and head.since is not None:
        lasted = duration_text(head.at - head.since)
        about.append(f"process {head.process} since {brief_date_text(head.since)} ({lasted})")
    elif head.process:
        about.append(f"process {head.process}")
    yield (styled(head.document, bold=True), "".join(f", {text}" for text in about))
    phases = ", ".join(f"{number} {phase}" for phase, number in report.phases.items())
    yield (f"{count(report.workers, 'worker')}: {phases}",)
    if report.trouble:
        yield (
            "need a look: ",
            *_divided(
                styled(f"{number} {TROUBLE[name]}", fg=COLOURS[name])
                for name, number in report.trouble.items()
            ),
        )
    else:
        yield (styled("all as requested", fg="green"),)
    if head.recorded:
        yield from _wrapped(_as_recorded(report), width, "yellow")
    if head.document_change:
        yield from _wrapped(head.document_change, width, "yellow")
    yield from _overrides(report.overrides, width)


def _as_recorded(report: TreeReport) -> str:
    head = report.head
    if head.past:
        return head.past
    if not head.process:
        return f"it is no longer running: this is how it was at {date_text(head.at)}"
    text = f"process {head.process} does not answer: this is from its journal, as of "
    text += date_text(head.at)
    return f"{text}; nothing is recorded since: {head.missing}" if head.missing else text


def _overrides(overrides: Sequence[PathOverride], width: int) -> Iterator[Line]:
    for one in overrides[:OVERRIDES]:
        gone = "" if one.there else " (no worker is at this path now)"
        yield from _wrapped(f"{one.path}: {local_times(one.text)}{gone}", width, "magenta")
    if len(overrides) > OVERRIDES:
        more = f"and {len(overrides) - OVERRIDES} more overrides: fsmv2 overrides"
        yield (styled(more, fg="magenta"),)


class TroubleColumns(NamedTuple):
    """How wide the columns of those in trouble are."""

    label: int
    path: int
    state: int

    @classmethod
    def of(cls, causes: Sequence[WorkerRow]) -> TroubleColumns:
        """As wide as what stands in them."""
        labels = [TROUBLE[row.trouble] for row in causes if row.trouble]
        paths, states = [row.path for row in causes], [row.state for row in causes]
        return cls(*(max(map(columns, texts)) for texts in (labels, paths, states)))


def _trouble(report: TreeReport, causes: Sequence[WorkerRow], width: int) -> Iterator[Line]:
    widths = TroubleColumns.of(causes)
    for row in causes:
        yield from trouble_lines(row, row.age, widths, report.alike.get(row.path), width)


def trouble_lines(
    row: WorkerRow, age: float, widths: TroubleColumns, alike: Alike | None, width: int
) -> Iterator[Line]:
    """One that is in trouble by itself: one line if there is space for its reason, else more."""
    label, path, state = widths
    taken = label + 2 + path + 2 + state + 2 + 4 + 2
    name = row.trouble or ""
    begin: list[Part] = [
        styled(f"{TROUBLE[name]:{label}}", fg=COLOURS[name]),
        "  ",
        styled(padded(row.path, path), bold=True),
        f"  {padded(row.state, state)}  {age_text(age):>4}",
    ]
    notes = [row.reason] if row.reason else []
    notes += [text for text in row.overrides if text not in row.reason]
    notes = [local_times(note) for note in notes]
    if alike is not None:
        notes.append(_alike(alike))
    if width - taken >= LEAST_REASON:
        texts = [line for note in notes for line in _wrap(note, width - taken)] or [""]
        yield (*begin, f"  {texts[0]}")
        for text in texts[1:]:
            yield (" " * taken, text)
    else:
        yield begin
        for note in notes:
            for text in _wrap(note, width - len(INDENT)):
                yield (INDENT, text)


def _alike(found: Alike) -> str:
    rest = found.total - len(found.paths)
    names = ", ".join(found.paths) + (f" and {rest} more" if rest else "")
    return f"+ {found.total} alike: {names}"


def _tree(report: TreeReport, rows: Sequence[WorkerRow], width: int) -> Iterator[Line]:
    """The others, each in one line; what is folded below one is counted there."""
    drawn = guides([row.path for row in rows])
    name = max(len(guide.lead) + columns(guide.name) for guide in drawn)
    type_, state = max(len(row.type) for row in rows), max(columns(row.state) for row in rows)
    left = width - name - type_ - state - 4 - 8
    for row, guide in zip(rows, drawn, strict=True):
        yield (
            guide.lead,
            f"{padded(guide.name, name - len(guide.lead))}  {row.type:{type_}}  ",
            styled(padded(row.state, state), fg=_colour(row)),
            f"  {age_text(row.age):>4}",
            f"  {cut(note_of(row, report.folded.get(row.path)), left)}".rstrip(),
        )


def note_of(row: WorkerRow, found: Folded | None) -> str:
    """What is folded below it; then why it is as it is."""
    folded = folded_text(found)
    reason = "" if folded and row.healthy else local_times(row.reason)
    return ": ".join(filter(None, (folded, reason)))


def folded_text(found: Folded | None) -> str:
    """What is folded below a row: `+ 2 dataflow, 1 connection, 1 affected`."""
    if found is None:
        return ""
    notes = [f"{number} {name}" for name, number in found.types.items()]
    return "+ " + ", ".join(notes + [f"{found.affected} affected"] * bool(found.affected))


def _colour(row: WorkerRow) -> str | None:
    if row.below:
        return "yellow"
    return "green" if row.healthy else None


def wide_lines(rows: Sequence[WorkerRow]) -> Iterator[Line]:
    """Each worker in one line with all there is to it: to be searched, and cut by columns."""
    table = [
        (
            row.path,
            row.type,
            row.state,
            age_text(row.age),
            str(row.incarnation),
            _trouble_text(row),
            _reason_and_overrides(row),
        )
        for row in rows
    ]
    header = ("PATH", "TYPE", "STATE", "AGE", "INSTANCE", "TROUBLE", "REASON")
    widths = [max(map(columns, column)) for column in zip(header, *table, strict=True)]
    for line in (header, *table):
        yield ("  ".join(map(padded, line, widths)).rstrip(),)


def _reason_and_overrides(row: WorkerRow) -> str:
    overrides = (text for text in row.overrides if text not in row.reason)
    return local_times("; ".join([row.reason, *overrides]))


def _trouble_text(row: WorkerRow) -> str:
    if row.trouble is None:
        return "-"
    return "affected" if row.below else TROUBLE[row.trouble]


def _wrapped(text: str, width: int, colour: str) -> Iterator[Line]:
    for line in _wrap(text, width):
        yield (styled(line, fg=colour),)


def _wrap(text: str, width: int) -> list[str]:
    return wrapped(text, max(20, width))


def _divided(parts: Iterable[Part]) -> Iterator[Part]:
    for number, part in enumerate(parts):
        if number:
            yield ", "
        yield part
