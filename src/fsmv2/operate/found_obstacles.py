"""Finds what keeps a worker of a core from a state."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from fsmv2.core import Supervisor
from fsmv2.errors import UnknownFilterError
from fsmv2.name_suggestions import suggest
from fsmv2.operate.found_status import status_of
from fsmv2.operate.state_obstacles import Obstacle, StateObstacles
from fsmv2.operate.time_text import duration_text
from fsmv2.operate.trouble import rows_of
from fsmv2.operate.worker_status import DUE, WorkerStatus, reason_text
from fsmv2.runtime.view import view_node
from fsmv2.worker import WorkerDefinition, WorkerFactory

MOST_BELOW = 5
"""Workers below it that are named."""

MOST_LOOKED_AT = 200
"""Workers below it that are looked at for trouble."""


def obstacles_of(
    s: Supervisor,
    wanted: str,
    factory: WorkerFactory,
    *,
    process: str,
    later: float = 0.0,
    document_change: str = "",
    recorded: bool = False,
    past: str = "",
) -> StateObstacles:
    """What is missing for a worker to be in `wanted`; see `description_of`.

    UnknownFilterError: its type has no such state.
    """
    states = s.definition.states
    if wanted not in states:
        raise UnknownFilterError(
            f"the type {s.type_name} of '{s.path}' has no state '{wanted}'.",
            fix=suggest(wanted, states),
        )
    status = status_of(s, process=process, later=later, below=False)
    reached = s.state == wanted
    return StateObstacles(
        at=status.at,
        process=process,
        recorded=recorded,
        past=past,
        document_change=document_change,
        path=s.path,
        type=s.type_name,
        wanted=wanted,
        state=s.state,
        age=status.node.age,
        reached=reached,
        way=_way(s.definition, s.state, wanted),
        obstacles=() if reached else tuple(_obstacles(s, wanted, status, factory)),
    )


def _obstacles(
    s: Supervisor, wanted: str, status: WorkerStatus, factory: WorkerFactory
) -> Iterator[Obstacle]:
    """From what has to change first to what comes by itself."""
    node = status.node
    if node.ended:
        yield Obstacle(kind="ended", text=f"it has ended: {node.ended}")
    if node.paused:
        yield Obstacle(kind="paused", text=node.paused)
    if s.control != wanted:
        why = f": {node.control_reason}" if node.control_reason else ""
        yield Obstacle(kind="asked", text=f"it is asked to be {s.control}, not {wanted}{why}")
    for condition in node.conditions:
        yield Obstacle(kind="condition", text=f"{condition.type}: {condition.reason}")
    if status.withheld and status.withheld != node.paused and s.action is None:
        yield Obstacle(kind="withheld", text=f"its steps are withheld: {status.withheld}")
    for path in s.waits_for:
        other = s.tree.by_path.get(path)
        is_ = "not there" if other is None else f"{other.state}: {reason_text(view_node(other))}"
        yield Obstacle(kind="waits", text=f"waits for {path}, which is {is_}", path=path)
    if s.action is not None:
        running = duration_text(s.tree.now - s.action.since)
        does = "waits for a free slot" if s.action.queued else f"has been running for {running}"
        limit = f"it is ended after {duration_text(s.action.definition.timeout)}"
        yield Obstacle(kind="action", text=f"its action {s.action.definition.name} {does}; {limit}")
    yield from _below(s, factory)
    if node.reason and not any(node.reason == one.reason for one in node.conditions):
        yield Obstacle(kind="step", text=f"in {s.state}: {node.reason}")
    for kind, seconds in status.due.items():
        yield Obstacle(kind="next", text=f"in {duration_text(seconds)} it {DUE[kind]}")


def _below(s: Supervisor, factory: WorkerFactory) -> Iterator[Obstacle]:
    """Those below it that are in trouble themselves: nearest to the cause."""
    rows = rows_of([view_node(one) for one in _not_healthy(s)], factory)
    causes = [row for row in rows if row.trouble is not None and not row.below]
    causes.sort(key=lambda row: row.rank)
    for row in causes[:MOST_BELOW]:
        text = f"{row.path} is {row.state}: {row.reason}"
        yield Obstacle(kind="below", text=text, path=row.path)
    if len(causes) > MOST_BELOW:
        yield Obstacle(kind="below", text=f"and more below it: fsmv2 status {s.path} --trouble")


def _not_healthy(s: Supervisor) -> list[Supervisor]:
    """Those below it that are not healthy, parents first; bounded, on the loop of supervision."""
    found: list[Supervisor] = []
    todo = deque([s])
    while todo and len(found) < MOST_LOOKED_AT:
        below = [one for one in todo.popleft().children.values() if not one.status.healthy]
        found += below
        todo += below
    return sorted(found[:MOST_LOOKED_AT], key=lambda one: one.depth)


def _way(definition: WorkerDefinition, start: str, wanted: str) -> tuple[str, ...]:
    """The shortest way through the FSM; empty: none leads there."""
    came_from: dict[str, str] = {start: ""}
    todo = deque([start])
    while todo and wanted not in came_from:
        state = todo.popleft()
        found = definition.states.get(state)
        for following in found.to if found is not None else ():
            if following not in came_from:
                came_from[following] = state
                todo.append(following)
    if wanted not in came_from:
        return ()
    way, state = [wanted], wanted
    while state != start:
        state = came_from[state]
        way.append(state)
    return tuple(reversed(way))
