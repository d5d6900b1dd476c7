"""What a tree looks like now, as frozen data: for the API, tests and programs around a runtime."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.core import Condition, Core, Supervisor, TickRecord
from fsmv2.core.policy import overrides
from fsmv2.escaping import printable
from fsmv2.model.class_references import worker_type_name
from fsmv2.model.data.frozen import EMPTY
from fsmv2.worker import Phase, Worker

SLICE = 200
"""Nodes pictured in one go: about a millisecond. H51"""


AHEAD = 3
"""Delays that are shown ahead."""


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One supervisor. `since` is in Unix seconds, `age` and `observed_age` in seconds until now.

    `ended`: why it does not run although it is declared; `paused`: by whom, here or above;
    `overrides`: all that operators asked for here or above and the document does not say;
    `held`: the reason of its own hold, while that counts; `overridden`: whether one of `overrides`
    is its own; `in_trouble`: whether it needs a look, as `fsmv2_worker_in_trouble` has it;
    `checks`: what each check of its type says of those below it. Of one that had to be retried:
    `retry_in`, seconds until the next try (0: none is due), and `next_delays`, those before the
    tries after that, as they are drawn.

    All texts are printable, whatever a device or a process put into it; `observed`
    is as it was observed.
    """

    path: str
    """Where it is in the tree: `edge/filler`."""
    name: str
    """The last part of the path."""
    depth: int
    """How far it is below the root, which is at 0."""
    type: str
    """The name of its worker type."""
    state: str
    """The FSM state it is in."""
    phase: Phase
    """What that state means."""
    healthy: bool
    """Whether it runs with a fresh observation, and a parent has no trouble below it."""
    fresh: bool
    """Whether its last observation is recent enough to decide by."""
    reason: str
    """Why it is in its state, in a sentence."""
    control: str
    """The state that is asked of it."""
    control_reason: str
    """Who asks that, and why."""
    incarnation: int
    """Which instance of this path it is; each one that is created has another number."""
    since: float
    age: float
    observed_age: float | None
    observed: Any
    """What was seen last, as an instance of the observation type."""
    action: str
    """The action that runs; empty: none does."""
    conditions: tuple[Condition, ...]
    """What is wrong with it beside its state, such as an open circuit."""
    attempts: int
    """Failed attempts since it was last well for long enough."""
    ticks: int
    """How often was decided about it."""
    ended: str = ""
    paused: str = ""
    overrides: tuple[str, ...] = ()
    checks: Mapping[str, str] = EMPTY
    held: str = ""
    overridden: bool = False
    in_trouble: bool = False
    retry_in: float = 0.0
    next_delays: tuple[float, ...] = ()


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
