"""The exhaustive check of FSMs: the built-in ones pass, and a faulty one for each finding."""

from __future__ import annotations

import asyncio
import enum
from typing import Any, Literal

import builtin_benches
import pytest
from typer.testing import CliRunner

from fsmv2 import (
    ChildStatus,
    DefinitionError,
    ObservedState,
    Phase,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin import builtins
from fsmv2.cli.app import app
from fsmv2.testing import FsmBench, check_fsm
from fsmv2.worker.boundary_values import observations


class Seen(ObservedState):
    lit: bool = False
    warm: bool = False


Snap = Snapshot[UserSpec, Seen]


class Lamp(Worker[UserSpec, Seen]):
    """Sound; the faulty ones below each spoil one thing of it."""

    async def collect_observed_state(self, spec: UserSpec, resources: Resources[None]) -> Seen:
        return Seen()

    @action()
    async def light(self, spec: UserSpec, resources: Resources[None]) -> None: ...

    @state("stopped", to="dark")
    def stopped(self, s: Snap) -> Step:
        return stay("asked to be stopped") if s.should_stop else goto(self.dark, "starts")

    @state("starting", to="on stopped")
    def dark(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.on, "lit") if s.observed.lit else act(self.light, "dark")

    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("lit") if s.observed.lit else goto(self.dark, "went dark")


def found(worker: Any) -> set[str]:
    """The names of all findings."""
    return {finding.name for finding in check_fsm(worker).findings}


@pytest.mark.parametrize("name", builtin_benches.BY_SIZE)
def test_the_built_in_workers_are_sound(name: str) -> None:
    report = builtin_benches.report_of(builtin_benches.ALL[name])
    assert not report.findings, report.text()
    assert report.asked > 0


async def _registered() -> set[str]:
    async with builtins() as made:
        return set(made.factory.names) - {"protocolConverter"}


def test_every_registered_type_is_checked() -> None:
    assert asyncio.run(_registered()) == set(builtin_benches.ALL)


def test_a_sound_worker_has_no_findings_and_a_diagram() -> None:
    report = check_fsm(Lamp)
    assert report.findings == ()
    assert report.complete
    assert set(report.taken["dark"]) == {"on", "stopped"}
    assert "    on --> dark" in report.mermaid().splitlines()
    assert "never taken" not in report.mermaid()


class Livelock(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.dark, "cold") if not s.observed.warm else stay("warm")


class NeverGoes(Lamp):
    @state("starting", to="stopped on")
    def dark(self, s: Snap) -> Step:
        return goto(self.stopped, "asked") if s.should_stop else act(self.light, "dark")


class Deaf(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.observed.warm and s.observed.lit and s.control == "nobody asks this":
            return goto(self.stopped, "asked to stop")
        return stay("lit") if s.should_stop or s.observed.lit else goto(self.dark, "went dark")


class Stuck(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        return stay("for ever")


class Turns(Lamp):
    @state("stopped", to="dark")
    def stopped(self, s: Snap) -> Step:
        return goto(self.dark, "starts whatever is asked")


class Undeclared(Lamp):
    @state("running", to="dark")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("lit") if s.observed.lit else goto(self.dark, "went dark")


class Raises(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if not s.observed.lit:
            return goto(self.dark, "went dark")
        return stay({True: "warm"}[s.observed.warm])


class Silent(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return None if s.observed.lit else goto(self.dark, "went dark")  # type: ignore[return-value]


class Idle(Lamp):
    @action()
    async def polish(self, spec: UserSpec, resources: Resources[None]) -> None: ...


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        (Livelock, "livelock: dark → on → dark"),
        (NeverGoes, "unreachable: on"),
        (NeverGoes, "never taken: dark → on"),
        (Deaf, "no stop path: on"),
        (Stuck, "dead end: on"),
        (Turns, "starts on stop: stopped → dark"),
        (Undeclared, "undeclared transition: on → stopped"),
        (Raises, "error: on"),
        (Silent, "no answer: on"),
        (Idle, "never asked: polish"),
    ],
)
def test_each_fault_is_found(worker: type, expected: str) -> None:
    report = check_fsm(worker)
    assert expected in {finding.name for finding in report.findings}
    text = report.text()
    assert expected in text
    assert text.count("why it matters:") == text.count("fix:") == len(report.findings)


def test_what_is_never_taken_is_marked_in_the_diagram() -> None:
    assert "    dark --> on : never taken" in check_fsm(NeverGoes).mermaid().splitlines()


def test_a_meant_finding_is_allowed_with_its_reason_until_it_is_gone() -> None:
    meant = {"never asked: polish": "asked for by hand only"}
    report = check_fsm(FsmBench(worker=Idle, allow=meant))
    assert report.findings == ()
    assert report.allowed == meant
    assert found(FsmBench(worker=Lamp, allow=meant)) == {"stale allowance: never asked: polish"}


def test_impossible_observations_can_be_left_out() -> None:
    bench = FsmBench(worker=Raises, possible=lambda seen: seen.warm or not seen.lit)
    assert found(bench) == set()


class Parent(Worker[UserSpec, ObservedState]):
    async def collect_observed_state(
        self, spec: UserSpec, resources: Resources[None]
    ) -> ObservedState:
        return ObservedState()

    @state("stopped", to="up")
    def stopped(self, s: Snapshot[UserSpec, ObservedState]) -> Step:
        return stay("asked to be stopped") if s.should_stop else goto(self.up, "starts")

    @state("running", to="troubled stopped")
    def up(self, s: Snapshot[UserSpec, ObservedState]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("well") if s.children["lamp"].healthy else goto(self.troubled, "lamp")

    @state("degraded", to="up stopped")
    def troubled(self, s: Snapshot[UserSpec, ObservedState]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.up, "well") if s.children["lamp"].healthy else stay("lamp")


def test_children_are_tried_absent_too() -> None:
    well = ChildStatus("lamp", "on", Phase.RUNNING, True, True, "lit")
    dark = ChildStatus("lamp", "dark", Phase.STARTING, False, True, "dark")
    assert found(FsmBench(worker=Parent, children={"lamp": (well, dark)})) == set()
    assert "error: up" in found(FsmBench(worker=Parent, children={"lamp": (well, dark, None)}))


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Rich(ObservedState):
    colour: Colour = Colour.RED
    mode: Literal["fast", "slow"] = "slow"
    count: int = 7
    level: float | None = None
    names: tuple[str, ...] = ()


def test_domains_come_from_the_types_and_are_bounded() -> None:
    seen, complete = observations(Rich, {"names": [()]}, 1000)
    assert complete
    assert {one.colour for one in seen} == set(Colour)
    assert {one.mode for one in seen} == {"fast", "slow"}
    assert {one.count for one in seen} == {7, 0, 1, 1_000_000}
    assert {one.level for one in seen} == {None, 0.0, 1.0, 1_000_000.0}
    some, complete = observations(Rich, {}, 20)
    assert not complete
    assert len(some) == 20
    assert {one.colour for one in some} == set(Colour)
    assert {one.count for one in some} == {7, 0, 1, 1_000_000}


def test_a_wrong_field_or_spec_is_told_with_the_fix() -> None:
    with pytest.raises(DefinitionError, match=r"no field 'lid'\. Did you mean 'lit'"):
        check_fsm(FsmBench(worker=Lamp, values={"lid": [True]}))
    with pytest.raises(DefinitionError, match=r"cannot be made without arguments.*FsmBench"):
        check_fsm(FsmBench(worker=builtin_benches.CONNECTION.worker))


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("test_fsm_check:Lamp", 0, "lamp: 3 states"),
        ("test_fsm_check:Livelock", 1, "livelock: dark → on → dark"),
        ("builtin_benches:AGENT", 0, "agent: 4 states"),
        ("test_fsm_check:Lamb", 1, "Did you mean 'Lamp'"),
        ("test_fsm_check", 1, "Write it as package.module:Type"),
        ("no_such_module:Lamp", 1, "there is no module 'no_such_module'"),
    ],
)
def test_the_command_says_the_same(name: str, code: int, said: str) -> None:
    result = CliRunner().invoke(app, ["check", name])
    assert result.exit_code == code, result.output
    assert said in result.output


def test_the_command_draws() -> None:
    result = CliRunner().invoke(app, ["check", "test_fsm_check:Lamp", "--mermaid"])
    assert result.output.startswith("stateDiagram-v2\n    [*] --> stopped\n")
