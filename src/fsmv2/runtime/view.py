"""What a tree looks like now, as frozen data: for the API, tests and programs around a runtime."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec

from fsmv2.core import Condition, Core, Supervisor, TickRecord
from fsmv2.core.policy import overrides
from fsmv2.escaping import printable
from fsmv2.model.class_references import worker_type_name
from fsmv2.model.data.frozen import EMPTY
from fsmv2.view.node_view import NodeView
from fsmv2.worker import Phase, Worker

SLICE = 200
"""Nodes pictured in one go: about a millisecond. H51"""


AHEAD = 3
"""Delays that are shown ahead."""


class TreeView(msgspec.Struct, frozen=True):
    """The whole tree in order, parents before children."""

    at: float
    """When, in Unix seconds."""
    nodes: tuple[NodeView, ...]
    """All of them."""

    def get(self, path: str) -> NodeView | None:
        """The node at this path, or None."""
        return next((node for node in self.nodes if node.path == path), None)

    def __getitem__(self, path: str) -> NodeView:
        """The node at this path; KeyError if there is none."""
        node = self.get(path)
        if node is None:
            raise KeyError(path)
        return node

    def of_type(self, kind: str | type[Worker[Any, Any, Any]]) -> tuple[NodeView, ...]:
        """All nodes of one worker type, given by name or as its class."""
        name = worker_type_name(kind, "The worker type to look for")
        return tuple(node for node in self.nodes if node.type == name)


def view_tree(core: Core) -> TreeView:
    """Picture the tree; call it on the loop of the core."""
    *_, nodes = _pictures(core)
    return TreeView(core.wall(), tuple(nodes))


async def view_tree_in_slices(core: Core) -> TreeView:
    """Picture the tree without holding up its supervision; run it on the loop of the core.

    Of a large tree, one part may be some moments older than another.
    """
    nodes: list[NodeView] = []
    for so_far in _pictures(core):
        nodes = so_far
        await asyncio.sleep(0)
    return TreeView(core.wall(), tuple(nodes))


def _pictures(core: Core) -> Iterator[list[NodeView]]:
    """The nodes so far, parents before children, after each slice of them and at the end."""
    nodes: list[NodeView] = []
    todo = [core.root] if core.root is not None else []
    while todo:
        supervisor = todo.pop()
        if core.by_path.get(supervisor.path) is not supervisor:
            continue  # it was removed since its parent was looked at
        nodes.append(view_node(supervisor))
        todo.extend(reversed(list(supervisor.children.values())))
        if not len(nodes) % SLICE:
            yield nodes
    yield nodes


def view_node(s: Supervisor) -> NodeView:
    """Picture one supervisor."""
    now, status = s.tree.now, s.status
    attempts = s.attempts.count if s.attempts else 0
    tries = _waits_for_a_try(s)
    return NodeView(
        path=s.path,
        name=s.name,
        depth=s.depth,
        type=s.declared.worker_type,
        state=status.state,
        phase=status.phase,
        healthy=status.healthy,
        fresh=status.fresh,
        reason=printable(status.reason),
        control=s.control,
        control_reason=printable(s.decision.reason),
        incarnation=s.incarnation,
        since=s.tree.epoch + s.since,
        age=now - s.since,
        observed_age=None if s.observed_at is None else now - s.observed_at,
        observed=s.observed,
        action=s.action.definition.name if s.action else "",
        conditions=tuple(map(_printable, (s.conditions or {}).values())),
        attempts=attempts,
        ticks=s.tick_count,
        ended=printable(s.ended.reason) if s.ended is not None else "",
        paused=printable(overrides.paused_by(s)),
        overrides=tuple(printable(text) for text in overrides.override_texts(s)),
        checks={name: printable(str(said)) for name, said in s.checks.items()}
        if s.checks
        else EMPTY,
        held=printable(s.desired.hold_reason or "") if s.holding and s.desired else "",
        overridden=s.overrides is not None and s.overrides.changes_it,
        in_trouble=status.in_trouble,
        retry_in=max(0.0, s.attempts.retry_at - now) if s.attempts and tries else 0.0,
        next_delays=tuple(s.backoff.delay(attempts + n) for n in range(AHEAD)) if tries else (),
    )


def _waits_for_a_try(s: Supervisor) -> bool:
    """Whether a next try is due, or under way; of one that is well again, none is."""
    if s.attempts is None or not s.attempts.count or s.status.healthy:
        return False
    phase = s.status.phase
    due = "repair" in s.timers or "restart" in s.timers or "create" in s.timers
    return due or (phase in (Phase.FAILED, Phase.STARTING) and s.stop is None and not s.disabled)


def _printable(condition: Condition) -> Condition:
    reason = printable(condition.reason)
    if reason is condition.reason:
        return condition
    return msgspec.structs.replace(condition, reason=reason)


def history(s: Supervisor) -> tuple[TickRecord, ...]:
    """The remembered ticks of one supervisor, oldest first."""
    return s.records
