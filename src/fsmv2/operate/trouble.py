"""How much a worker needs a look: decided once, for whoever shows, sorts or counts workers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fsmv2.core.state.conditions import BREAKER, CIRCUIT, RECOVERS
from fsmv2.operate.convergence import settled
from fsmv2.operate.worker_row import RANKS, Trouble, WorkerRow
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime import NodeView
from fsmv2.worker import Phase, WorkerFactory


def rows_of(nodes: Sequence[NodeView], factory: WorkerFactory) -> list[WorkerRow]:
    """A row of each, in the same order: parents before children."""
    rows: list[WorkerRow] = []
    covered: set[str] = set()
    for node in reversed(nodes):  # children before parents
        row = row_of(node, factory)
        trouble = row.trouble
        below = trouble is not None and trouble != "escalated" and node.path in covered
        if trouble is not None and RANKS[trouble] <= RANKS["not_converged"]:
            above = node.path.rpartition("/")[0]
            while above and above not in covered:
                covered.add(above)
                above = above.rpartition("/")[0]
        rows.append(msgspec.structs.replace(row, below=True) if below else row)
    rows.reverse()
    return rows


def row_of(node: NodeView, factory: WorkerFactory) -> WorkerRow:
    """Its row, which does not know of those below it."""
    return WorkerRow(
        path=node.path,
        type=node.type,
        state=node.state,
        phase=node.phase.value,
        healthy=node.healthy,
        reason=reason_text(node),
        since=round(node.since, 3),
        age=round(node.age, 3),
        incarnation=node.incarnation,
        overrides=node.overrides,
        trouble=trouble_of(node, factory),
    )


def trouble_of(node: NodeView, factory: WorkerFactory) -> Trouble | None:
    """The worst that is wrong with a worker, its parents and children aside."""
    if not node.healthy and not node.paused:
        conditions = {condition.type for condition in node.conditions}
        if RECOVERS in conditions:
            return "escalated"
        if CIRCUIT in conditions or BREAKER in conditions:
            return "circuit_open"
        if node.phase is Phase.FAILED or (node.in_trouble and node.phase is Phase.STOPPED):
            return "failed"
        if node.phase in (Phase.DEGRADED, Phase.RUNNING):
            return "degraded"
        if not settled(node, factory):
            return "not_converged"
    elif node.healthy and any(condition.type == RECOVERS for condition in node.conditions):
        return "recovering"
    if node.held:
        return "held"
    return "overridden" if node.overridden else None
