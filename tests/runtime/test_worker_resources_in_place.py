"""What was opened for a spec does not outlive it: resources under `in_place`, virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    act,
    action,
    render_template,
    state,
    stay,
)
from fsmv2.testing import Simulation


class LinkSpec(UserSpec):
    address: str = "a"
    topic: str = ""
    work: float = 0.0


class Seen(ObservedState):
    by: str = ""


class Link(Worker[LinkSpec, Seen, str]):
    """Opens a link to the address of its spec; looks and works over it."""

    update_policy = "in_place"

    def __init__(self) -> None:
        self.log: list[str] = []
        self.slow_opening = 0.0
        self.slow_look = 0.0
        self.open = 0

    def derive_desired_state(self, spec: LinkSpec, previous_observed: Seen | None) -> DesiredState:
        return DesiredState(
            state="stopped", config=render_template(spec.topic, spec.variables.flatten())
        )

    @contextlib.asynccontextmanager
    async def resources(self, spec: LinkSpec) -> AsyncIterator[str]:
        address = spec.address
        await asyncio.sleep(self.slow_opening)
        self.open += 1
        assert self.open == 1, "two are open at once"
        self.log.append(f"open {address}")
        try:
            yield address
        finally:
            self.open -= 1
            self.log.append(f"close {address}")

    async def collect_observed_state(self, spec: LinkSpec, resources: Resources[str]) -> Seen:
        await asyncio.sleep(self.slow_look)
        assert self.open, "it looks over what has been closed"
        return Seen(by=resources.value)

    @action()
    async def work(self, spec: LinkSpec, resources: Resources[str], seconds: float) -> str:
        self.log.append(f"work over {resources.value}")
        await asyncio.sleep(seconds)
        assert self.open, "it works over what has been closed"
        self.log.append("worked")
        return resources.value

    @state("stopped")
    def stopped(self, s: Snapshot[LinkSpec, Seen]) -> Step:
        if s.spec.work and s.last_action is None:
            return act(self.work, "works", seconds=s.spec.work)
        return stay(s.observe_error or f"looks over {s.observed.by}")


def tree(link: Link, **fields: Any) -> Simulation:
    factory = WorkerFactory()
    factory.register(Link, make=lambda: link)
    return Simulation(ChildSpec("l", "link", LinkSpec(**fields)), factory)


def change(sim: Simulation, **fields: Any) -> None:
    sim.declare(ChildSpec("l", "link", LinkSpec(**fields)))


def test_a_changed_spec_opens_them_anew_in_the_same_instance() -> None:
    """The address is corrected under in_place: the next look goes to the new one."""
    link = Link()
    with tree(link, address="a") as sim:
        sim.run(3)
        change(sim, address="b")
        sim.run(1)
        assert sim["l"].reason == "looks over b"
        assert sim["l"].incarnation == 1
        assert link.log == ["open a", "close a", "open b"]


def test_what_changes_nothing_of_them_leaves_them_open() -> None:
    """Variables that no config shows, and an equal spec declared anew: no new connection."""
    link = Link()
    with tree(link) as sim:
        sim.run(3)
        sim.declare(ChildSpec("l", "link", LinkSpec(variables=VariableBundle(user={"unread": 1}))))
        sim.run(10)
        change(sim)
        sim.run(10)
        assert link.log == ["open a"]


def test_a_config_that_variables_changed_opens_them_anew() -> None:
    """The topic is rendered from a variable, which moves."""
    link = Link()
    with tree(link, topic="{{ .T }}", variables=VariableBundle(user={"T": "x"})) as sim:
        sim.run(3)
        change(sim, topic="{{ .T }}", variables=VariableBundle(user={"T": "y"}))
        sim.run(1)
        assert link.log == ["open a", "close a", "open a"]


def test_an_action_ends_over_what_it_began_with_and_looks_meanwhile_say_so() -> None:
    """The spec changes in the middle of an action: it is neither cut off nor mixed up."""
    link = Link()
    with tree(link, work=8.0) as sim:
        sim.run(3)
        change(sim, address="b", work=8.0)
        sim.run(4)
        assert link.log == ["open a", "work over a"]
        assert "still uses the resources" in sim.supervisor("l").observe_error
        sim.run(7)
        assert link.log == ["open a", "work over a", "worked", "close a", "open b"]
        assert sim["l"].reason == "looks over b"


def test_an_action_asked_for_while_a_look_is_under_way_waits_for_its_end() -> None:
    """A slow look over the old link, a changed spec, and an action that wants the new one."""
    link = Link()
    with tree(link) as sim:
        sim.run(3)
        link.slow_look = 2.0
        sim.run(3)
        change(sim, address="b", work=0.5)
        sim.until(lambda sim: "worked" in link.log, within=20, step=0.1)
        assert link.log == ["open a", "close a", "open b", "work over b", "worked"]


def test_a_spec_that_changes_while_they_open_is_the_one_that_counts() -> None:
    """A connection that takes its time, and a correction meanwhile."""
    link = Link()
    link.slow_opening = 1.0
    with tree(link) as sim:
        sim.run(0.5)
        change(sim, address="b")
        sim.run(8)
        assert sim["l"].reason == "looks over b"
        assert link.log == ["open a", "close a", "open b"]


def test_a_stop_right_after_a_change_closes_what_is_open() -> None:
    """Nothing is opened for a worker that goes, and nothing is left open."""
    link = Link()
    with tree(link) as sim:
        sim.run(3)
        change(sim, address="b")
        sim.stop()
        assert link.open == 0
        assert link.log.count("open a") == link.log.count("close a") == 1
