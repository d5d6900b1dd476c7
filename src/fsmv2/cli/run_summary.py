"""How a run ended, as an exit code and as the summary for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fsmv2.cli.console import count
from fsmv2.cli.exit_codes import DROPPED, FAILED, OK, PENDING
from fsmv2.operate.run_outcome import RunOutcome, Verdict

SHOWN = 10
"""How many of those that did not run are named to people; programs are given all."""

EXIT_CODES = {
    Verdict.ORDERLY: OK,
    Verdict.UNSETTLED: PENDING,
    Verdict.DROPPED: DROPPED,
    Verdict.FORCED: FAILED,
}


def summary(outcome: RunOutcome) -> tuple[str, dict[str, Any]]:
    """The summary as text and as data."""
    nodes = outcome.before.nodes
    phases = Counter(node.phase.value for node in nodes)
    counts = ", ".join(f"{number} {phase}" for phase, number in phases.items())
    lines = [f"before the stop: {count(len(nodes), 'worker')}: {counts or 'none'}"]
    if outcome.impaired:
        lines[0] += f" ({outcome.impaired})"
    unsettled = outcome.unsettled
    lines += [f"should run and did not: {path}: {why}" for path, why in unsettled.items()][:SHOWN]
    if len(unsettled) > SHOWN:
        lines.append(f"and {len(unsettled) - SHOWN} more that should run and did not")
    lines += [f"forced: {text}" for text in outcome.forced]
    lines += [f"killed, as the end was forced: {text}" for text in outcome.killed]
    lines += [
        f"lost: {count(number, 'sample')} of {path}, read and not taken by the broker in time"
        for path, number in outcome.dropped.items()
    ]
    return "\n".join(lines), {
        "supervisors": len(nodes),
        "phases": phases,
        "unhealthy": outcome.unhealthy,
        "unsettled": unsettled,
        "forced": outcome.forced,
        "killed": outcome.killed,
        "dropped": outcome.dropped,
        "exit": EXIT_CODES[outcome.verdict],
    }
