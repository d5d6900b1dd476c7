"""How a run ended: its exit code, and the summary for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fsmv2.cli.console import count
from fsmv2.cli.exit_codes import DROPPED, FAILED, OK, UNSETTLED
from fsmv2.operate.convergence import impaired_text, is_impaired
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime import TreeView

SHOWN = 10
"""How many of those that did not run are named to people; programs are given all."""


def exit_code(
    *, forced: Sequence[str], dropped: Mapping[str, int], waiting: Mapping[str, str]
) -> int:
    """Of several things that went wrong, the one that lost most."""
    return FAILED if forced else DROPPED if dropped else UNSETTLED if waiting else OK


def summary(
    tree: TreeView,
    forced: Sequence[str],
    killed: Sequence[str],
    waiting: Mapping[str, str],
    dropped: Mapping[str, int],
) -> tuple[str, dict[str, Any]]:
    """The summary as text and as data; `tree` is how it was before the stop."""
    phases = Counter(node.phase.value for node in tree.nodes)
    counts = ", ".join(f"{number} {phase}" for phase, number in phases.items())
    lines = [f"before the stop: {count(len(tree.nodes), 'supervisor')}: {counts or 'none'}"]
    if impaired := impaired_text(tree):
        lines[0] += f" ({impaired})"
    lines += [f"should run and did not: {path}: {why}" for path, why in waiting.items()][:SHOWN]
    if len(waiting) > SHOWN:
        lines.append(f"and {len(waiting) - SHOWN} more that should run and did not")
    lines += [f"forced: {text}" for text in forced]
    lines += [f"killed, as the end was forced: {text}" for text in killed]
    lines += [
        f"lost: {count(number, 'sample')} of {path}, read and not taken by the broker in time"
        for path, number in dropped.items()
    ]
    return "\n".join(lines), {
        "supervisors": len(tree.nodes),
        "phases": phases,
        "unhealthy": {node.path: reason_text(node) for node in tree.nodes if is_impaired(node)},
        "unsettled": waiting,
        "forced": forced,
        "killed": killed,
        "dropped": dropped,
    }
