"""What must be so of bridges that nobody asks anything of, while others stop and start."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

GAP = 3.0
"""Seconds without a sample of what is read five times a second, on a machine that is busy."""

Life = tuple[float, float]
"""When fsmv2 was started and when it was killed, in Unix seconds."""


def own_gaps(times: Mapping[str, Sequence[int]], lives: Iterable[Life]) -> list[str]:
    """Gaps of single topics within a life; most others have none half as long at that time.

    `times` are the timestamps of each topic in milliseconds. A gap begins with the life or with a
    sample, and ends with a sample or with the life: what falls silent for good has one, too.
    """
    found: list[tuple[str, float, float]] = []
    lived = list(lives)
    for topic, stamps in times.items():
        seconds = [stamp / 1000 for stamp in stamps]
        for begin, end in lived:
            points = [begin, *(at for at in seconds if begin < at < end), end]
            found += [(topic, a, b) for a, b in itertools.pairwise(points) if 2 * (b - a) > GAP]
    return [
        f"{topic}: {end - begin:.1f} s from {begin:.1f}"
        for topic, begin, end in found
        if end - begin > GAP
        and 2 * len({t for t, b, e in found if b < end and e > begin}) < len(times)
    ]


def disturbed(reports: Iterable[Mapping[str, Any]], paths: Collection[str]) -> list[str]:
    """Transitions that stop or start one of these bridges again after it was active in a run."""
    active: set[str] = set()
    found = []
    for report in reports:
        path, state = str(report.get("path")), str(report.get("state"))
        if report.get("kind") != "transition" or path not in paths:
            continue
        if state == "active":
            active.add(path)
        elif path in active and state.startswith(("stop", "starting")):
            found.append(f"{path}: {report['text']}")
    return found
