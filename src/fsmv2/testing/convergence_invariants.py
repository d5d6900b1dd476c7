"""After the faults: the tree must come to what it is without any, then stop and leave nothing."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from fsmv2.testing.invariant import SLACK, Invariant
from fsmv2.testing.simulated_world import SimulatedWorld
from fsmv2.worker import Phase

SETTLE = 900.0
"""Virtual seconds within which a tree converges: many times the longest backoff and deadline."""

SHOWN = 5
"""Differences that are reported of a tree that does not converge."""


class Converges(Invariant):
    """Compares the tree after the faults with one that never had any."""

    sentence: ClassVar[str] = "everything converges once the faults end"


class Ends(Invariant):
    """Stops the whole tree after all that, and looks what is left of it."""

    sentence: ClassVar[str] = "the tree stops within its deadline, and nothing of it is left"


class Settled(msgspec.Struct, frozen=True):
    """What one worker came to: its state, what it is to run with, and what is wrong with it."""

    state: str
    config: str
    conditions: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.state, self.config, *self.conditions))


def settled(world: SimulatedWorld) -> dict[str, Settled]:
    """What the tree is now, by path."""
    return {
        path: Settled(
            s.state,
            "" if s.desired is None or s.desired.config is None else repr(s.desired.config),
            tuple(sorted(s.conditions or ())),
        )
        for path, s in world.sim.core.by_path.items()
    }


def unwell_in(world: SimulatedWorld) -> tuple[str, ...]:
    """Who does not come to rest in health, with the reason."""
    return tuple(
        f"{path} is {s.state} ({s.reason})"
        for path, s in world.sim.core.by_path.items()
        if s.phase not in (Phase.RUNNING, Phase.STOPPED)
    )


def converge(world: SimulatedWorld, goal: dict[str, Settled]) -> None:
    """End the faults, and hold the tree to `goal`; then stop it."""
    world.end_faults()
    for s in world.supervisors():
        if s.ended is not None and s.ended.until is None:
            world.sim.retry(s.path)  # a temporary child, say: only an operator restarts it
    end = world.now + SETTLE
    while world.violation is None and settled(world) != goal and world.now < end:
        world.run_to(world.now + 1.0)
    if world.violation is None:
        _compare(world, goal)
    if world.violation is None:
        world.sim.ask_stop()
        world.run_to(world.now + world.settings.stop_deadline + SLACK + 10.0)
    if world.violation is None:
        _look_for_remains(world)


def _compare(world: SimulatedWorld, goal: dict[str, Settled]) -> None:
    found, by_path = settled(world), world.sim.core.by_path
    differ = [f"{path} is not there" for path in goal if path not in found]
    differ += [f"{path} is left over" for path in found if path not in goal]
    differ += [
        f"{path} is {found[path]} ({by_path[path].gate or by_path[path].reason}), not {wanted}"
        for path, wanted in goal.items()
        if path in found and found[path] != wanted
    ]
    if differ:
        world.found(Converges(world.sim.core).broken("; ".join(differ[:SHOWN])))


def _look_for_remains(world: SimulatedWorld) -> None:
    core, work = world.sim.core, world.sim.dispatcher
    left = [*core.by_path, *(f"tasks of {path}" for path in core.fences)]
    left += [f"the collector of {path}" for path in work.collectors]
    left += [f"the action {job.definition.name}" for job in work.executor._running.values()]
    if left:
        world.found(Ends(core).broken(f"still there: {', '.join(left[:SHOWN])}"))
