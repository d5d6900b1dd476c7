"""A state mapping that forgets states of the parent is reported once, and followed all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.testing import Simulation


class Seen(ObservedState):
    """Nothing."""


class Part(Worker[UserSpec, Seen]):
    async def collect_observed_state(self, spec: UserSpec, resources: Resources[None]) -> Seen:
        return Seen()

    @state("stopped", to="running")
    def stopped(self, s: Snapshot[UserSpec, Seen]) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Snapshot[UserSpec, Seen]) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class LineSpec(UserSpec):
    mapping: Mapping[str, str] = {}
    count: int = 2


class Line(Worker[LineSpec, Seen]):
    async def collect_observed_state(self, spec: LineSpec, resources: Resources[None]) -> Seen:
        return Seen()

    def derive_desired_state(self, spec: LineSpec, previous_observed: Seen | None) -> DesiredState:
        parts = [
            ChildSpec(f"p{n}", "part", UserSpec(), state_mapping=spec.mapping)
            for n in range(spec.count)
        ]
        return DesiredState("running", tuple(parts))

    @state("stopped", to="running")
    def stopped(self, s: Snapshot[LineSpec, Seen]) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Snapshot[LineSpec, Seen]) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


def said(mapping: dict[str, str], **more: Any) -> list[str]:
    factory = WorkerFactory()
    factory.register(Part)
    factory.register(Line)
    with Simulation(ChildSpec("line", "line", LineSpec(mapping=mapping, **more)), factory) as sim:
        sim.run(20)
        assert sim["line/p0"].state == "running"  # its own wish, where nothing is mapped
        return sim.texts("mapping")


def test_a_forgotten_state_is_reported_once_for_all_children_of_a_type() -> None:
    [text] = said({"stopped": "stopped"}, count=50)
    assert "the state mapping of p0 has no entry for running" in text
    assert "'*'" in text


def test_nothing_is_reported_for_a_default_all_states_or_no_mapping() -> None:
    assert said({"stopped": "stopped", "*": "running"}) == []
    assert said({"stopped": "stopped", "running": "running"}) == []
    assert said({}) == []


def test_a_key_that_is_no_state_of_the_parent_is_reported_with_the_nearest() -> None:
    """A misspelt one is otherwise never met, and its child does as it likes."""
    [text] = said({"stoped": "stopped", "*": "running"}, count=50)
    assert text == (
        "the state mapping of p0 has an entry for 'stoped', which is not a state of line. "
        "Did you mean 'stopped'? Known: running, stopped."
    )
    told, uncovered = said({"runing": "running"})
    assert "Did you mean 'running'?" in told
    assert "has no entry for stopped, running" in uncovered
