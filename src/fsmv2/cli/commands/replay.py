"""`replay JOURNAL`: whether what was recorded is decided again, or the story of one path."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsmv2.cli.console import Part, complain, count, progress, put, put_json, styled
from fsmv2.cli.cpu_limit import bounded
from fsmv2.cli.exit_codes import DIFFERS, OK, USAGE
from fsmv2.cli.line_output import clock_text
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.time_argument import moment, shown
from fsmv2.runtime.journal import Difference, Replayed, ReplayedSegment, StoryLine, end_of, replay
from fsmv2.worker import WorkerFactory
from fsmv2.worker.object_reference import register_named

NAMES = {
    "begin": "begins",
    "event": "happened",
    "decision": "decided",
    "instruction": "asked for",
    "report": "said",
}

SHOWN = 8
"""PlainLines of what was decided then, or is now, that are shown of a difference."""


def replay_journal(
    journal: Path,
    *,
    types: list[str],
    since: str,
    until: str,
    path: str,
    as_json: bool,
) -> int:
    """Replay, and print what was found; returns the exit code."""
    filter_logs()
    factory = known_types(types)
    end = end_of(journal) if since or until else 0.0
    try:
        first = moment(since, before=end) if since else None
        last = moment(until, before=end) if until else None
    except ValueError as error:
        complain(str(error))
        return USAGE
    began = time.perf_counter()
    with bounded(journal) as proceeds:
        found = replay(
            journal,
            factory,
            since=first,
            until=last,
            path=path,
            tell=(put_json if as_json else _tell) if path else None,
            proceeds=proceeds,
        )
    if as_json:
        put_json(_summary(found))
    else:
        # Beside a story all else is no data.
        _show(found, time.perf_counter() - began, progress if path else put)
    if path and not found.met and found.same:
        complain(f"there is no '{path}' in this part of the journal", fix=found.nearest)
        return USAGE
    return OK if found.same else DIFFERS


def known_types(names: list[str]) -> WorkerFactory:
    """The types that are named, and the built-in ones."""
    from fsmv2.builtin import register_builtins
    from fsmv2.flow import AsyncioEngine

    factory, builtin = WorkerFactory(), WorkerFactory()
    for name in names:
        register_named(factory, name)
    register_builtins(builtin, AsyncioEngine())  # begins nothing until a flow is started
    factory.include(builtin)
    return factory


def _tell(moment: StoryLine) -> None:
    name = NAMES[moment.kind]
    text = styled(moment.text, bold=moment.kind == "decision")
    put(f"{clock_text(moment.at)}  {name:9}  ", text)


def _summary(found: Replayed) -> dict[str, Any]:
    return {
        "kind": "summary",
        "same": found.same,
        "difference": found.difference,
        "not_kept": found.not_kept,
        "segments": found.segments,
        "exit": OK if found.same else DIFFERS,
    }


def _show(found: Replayed, took: float, say: Callable[..., None]) -> None:
    for segment in found.segments:
        say(_segment_line(segment))
        if segment.problem:
            say(styled("  note: ", fg="yellow"), segment.problem)
    for what in found.not_kept[:SHOWN]:
        say(styled("  note: ", fg="yellow"), f"not recorded, as it is no data: {what}")
    events = sum(segment.events for segment in found.segments)
    runs = sum(segment.runs for segment in found.segments)
    covered = f"{count(events, 'event')} in {count(runs, 'run')}, {took:.1f} s"
    if found.difference is None:
        say(styled("every decision was the same", fg="green"), f": {covered}")
        return
    put(*_difference(found.difference))
    say(styled("a decision was another one", fg="red"), f", after {covered}")
    for reason in _reasons(found):
        say(reason)


def _segment_line(segment: ReplayedSegment) -> str:
    span = f"{shown(segment.first)} – {clock_text(segment.last)}" if segment.why else "unreadable"
    return (
        f"{segment.path.name}  {span}  {segment.why}: {count(segment.workers, 'worker')} at first, "
        f"{count(segment.events, 'event')}, {count(segment.runs, 'run')}, "
        f"{count(segment.turns, 'look')}"
    )


def _difference(found: Difference) -> list[Part]:
    who = styled(found.path or "the tree", bold=True)
    lines = [f" at {shown(found.at)}"]
    for name, texts in (("given", found.events), ("then", found.then), ("now", found.now)):
        for number, text in enumerate(texts[:SHOWN] or ("nothing",)):
            lines.append(f"  {name if not number else '':6} {text}")
        if len(texts) > SHOWN:
            lines.append(f"  {'':6} and {len(texts) - SHOWN} more")
    return [who, "\n".join(lines)]


def _reasons(found: Replayed) -> list[str]:
    reasons = []
    difference, last = found.difference, found.segments[-1]
    if difference is not None and list(map(_without_sums, difference.then)) == list(
        map(_without_sums, difference.now)
    ):
        reasons.append("  The words are the same and a checksum is not: the data behind it differ.")
    if found.not_kept:
        reasons.append("  What was not recorded, above, may be why.")
    ours = platform.python_version()
    if last.python != ours:
        reasons.append(f"  It was recorded under Python {last.python}; this is {ours}.")
    return [
        *reasons,
        "  Else the code is not what it was, or a derive or step reads more than it is handed:",
        "  `fsmv2 lint` finds such; an order taken from a set is one, too.",
    ]


def _without_sums(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{8}\b", "", text)
