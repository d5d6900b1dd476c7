"""Whether a tree has become what its document asks for, read without waiting for supervision.

What the core knows is read from another thread, as a health check must be answered also when the
loop of the core is blocked. A worker may change while others are read: the next look tells.
"""

from __future__ import annotations

from fsmv2.core import Core, Supervisor
from fsmv2.core.policy.overrides import paused_by
from fsmv2.operate.convergence import is_excused
from fsmv2.operate.health_data import Readiness
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime.posted_request import not_serving
from fsmv2.runtime.view import view_node
from fsmv2.worker import WorkerFactory

MOST_NAMED = 50
"""Workers that are named with their reasons."""


def readiness_of(core: Core, factory: WorkerFactory) -> Readiness:
    """Judge a tree; from any thread."""
    supervisors = list(core.by_path.values())
    waiting = not_serving(core) or ("" if core.root is not None else "the tree is starting")
    unsettled = _nearest_to_the_cause([s for s in supervisors if not _settled(s, factory)])
    total = len(unsettled)
    reason = waiting
    if total and not reason:
        verb = "is" if total == 1 else "are"
        reason = f"{total} of {len(supervisors)} workers {verb} not what the document asks for"
    return Readiness(
        ready=not reason,
        reason=reason,
        workers=len(supervisors),
        unsettled={s.path: _text(s) for s in unsettled[:MOST_NAMED]},
        unsettled_total=total,
    )


def _settled(s: Supervisor, factory: WorkerFactory) -> bool:
    return s.status.healthy or is_excused(
        paused=bool(paused_by(s)),
        conditions=list(s.conditions or ()),
        worker_type=s.declared.worker_type,
        control=s.control,
        factory=factory,
    )


def _nearest_to_the_cause(unsettled: list[Supervisor]) -> list[Supervisor]:
    """Those without an unsettled one below them, in the order they were found."""
    covered: set[str] = set()
    for s in unsettled:
        above = s.path.rpartition("/")[0]
        while above and above not in covered:
            covered.add(above)
            above = above.rpartition("/")[0]
    return [s for s in unsettled if s.path not in covered]


def _text(s: Supervisor) -> str:
    for _ in range(3):
        try:
            node = view_node(s)
            return f"{node.state}: {reason_text(node)}"
        except RuntimeError:  # its conditions changed while they were read
            continue
    return s.status.state
