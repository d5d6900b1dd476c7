"""Whether a tree has become what it was asked to be, and who has not."""

from __future__ import annotations

from collections.abc import Iterable

from fsmv2.core.state.conditions import NO_HARM_TO_HEALTH as ASKED_FOR
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime import NodeView, TreeView
from fsmv2.worker import Phase, WorkerFactory


def unsettled(tree: TreeView, factory: WorkerFactory) -> dict[str, str]:
    """By path, the state and reason of each worker that should run and does not, or not well.

    Where a worker below is not settled either, only that one is named: it is nearer to the cause.
    """
    found: dict[str, str] = {}
    covered: set[str] = set()
    for node in reversed(tree.nodes):  # children before parents
        if node.path not in covered and not settled(node, factory):
            found[node.path] = f"{node.state}: {reason_text(node)}"
            parts = node.path.split("/")
            covered.update("/".join(parts[:n]) for n in range(1, len(parts)))
    return dict(reversed(found.items()))


def settled(node: NodeView, factory: WorkerFactory) -> bool:
    """Whether a worker runs well, or is asked not to run: by the document or by an operator.

    One that could not be derived or created is asked to be stopped, too, but nobody meant that: its
    condition tells.
    """
    return node.healthy or is_excused(
        paused=bool(node.paused),
        conditions=[condition.type for condition in node.conditions],
        worker_type=node.type,
        control=node.control,
        factory=factory,
    )


def is_excused(
    *,
    paused: bool,
    conditions: Iterable[str],
    worker_type: str,
    control: str,
    factory: WorkerFactory,
) -> bool:
    """Whether a worker that is not healthy is not asked to be; `conditions` by type."""
    if paused:
        return True
    if worker_type not in factory.names or any(one not in ASKED_FOR for one in conditions):
        return False
    return control == factory.find(worker_type).definition.stop_state


def is_impaired(node: NodeView) -> bool:
    """Whether it runs, and something about it or its children is known to be wrong all the same."""
    return node.phase is Phase.RUNNING and node.fresh and not node.healthy


def impaired_text(tree: TreeView) -> str:
    """How many of those that run are not healthy; empty if all are."""
    number = sum(map(is_impaired, tree.nodes))
    return f"{number} of the running not healthy" if number else ""
