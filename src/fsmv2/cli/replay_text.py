"""What a replay found, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsmv2.cli.console import Part, count, put, styled
from fsmv2.cli.exit_codes import DIFFERS, OK
from fsmv2.operate.journal_replay import ReplayReport
from fsmv2.operate.story import StoryLine
from fsmv2.operate.time_text import clock_text, date_text
from fsmv2.runtime.journal import Difference, Replayed, ReplayedSegment

NAMES = {
    "begin": "begins",
    "event": "happened",
    "decision": "decided",
    "instruction": "asked for",
    "report": "reported",
}

SHOWN = 8
"""Lines of what was decided then, or is now, that are shown of a difference."""


def show_line(moment: StoryLine) -> None:
    """Print one line of the story of a path."""
    name = NAMES[moment.kind]
    text = styled(moment.text, bold=moment.kind == "decision")
    put(f"{clock_text(moment.at)}  {name:9}  ", text)


def summary(found: Replayed) -> dict[str, Any]:
    """What a replay found, as data for programs."""
    return {
        "kind": "summary",
        "same": found.same,
        "difference": found.difference,
        "not_kept": found.not_kept,
        "segments": found.segments,
        "exit": OK if found.same else DIFFERS,
    }


def show(report: ReplayReport, took: float, say: Callable[..., None]) -> None:
    """Print what a replay found, which took so many seconds; all but a difference by `say`."""
    found = report.found
    for segment in found.segments:
        say(_segment_line(segment))
        if segment.problem:
            say(styled("  note: ", fg="yellow"), segment.problem)
    for what in found.not_kept[:SHOWN]:
        say(styled("  note: ", fg="yellow"), f"not recorded, as it is not data: {what}")
    events = sum(segment.events for segment in found.segments)
    runs = sum(segment.runs for segment in found.segments)
    covered = f"{count(events, 'event')} in {count(runs, 'run')}, {took:.1f} s"
    if found.difference is None:
        say(styled("every decision was the same", fg="green"), f": {covered}")
        return
    put(*_difference(found.difference))
    say(styled("a decision differed", fg="red"), f", after {covered}")
    for reason in report.reasons():
        say(f"  {reason}")


def _segment_line(segment: ReplayedSegment) -> str:
    span = (
        f"{date_text(segment.first)} – {clock_text(segment.last)}" if segment.why else "unreadable"
    )
    return (
        f"{segment.path.name}  {span}  {segment.why}: {count(segment.workers, 'worker')} at first, "
        f"{count(segment.events, 'event')}, {count(segment.runs, 'run')}, "
        f"{count(segment.turns, 'look')}"
    )


def _difference(found: Difference) -> list[Part]:
    who = styled(found.path or "the tree", bold=True)
    lines = [f" at {date_text(found.at)}"]
    for name, texts in (("given", found.events), ("then", found.then), ("now", found.now)):
        for number, text in enumerate(texts[:SHOWN] or ("nothing",)):
            lines.append(f"  {name if not number else '':6} {text}")
        if len(texts) > SHOWN:
            lines.append(f"  {'':6} and {len(texts) - SHOWN} more")
    return [who, "\n".join(lines)]
