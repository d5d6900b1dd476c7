"""The conformance suite: built-in workers keep every rule, and a faulty worker breaks each."""

from __future__ import annotations

import asyncio
import importlib.metadata
import itertools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import builtin_benches
import msgspec
import pytest
from conformance_benches import (
    AgentConformance,
    BridgeConformance,
    BrokerConformance,
    ConnectionConformance,
    DataFlowConformance,
    Lamp,
    LampSeen,
    LampSpec,
    ProcessConformance,
    Snap,
    in_a_room,
)

from fsmv2 import DesiredState, ObservedState, Resources, Step, action, goto, state, stay
from fsmv2.builtin.connection import Connection
from fsmv2.errors import FsmError, SpecError
from fsmv2.testing import Conformance, ConformanceError, conformance_fsm
from fsmv2.testing.conformance import NotTriedError, check_specs, conformance_of
from fsmv2.testing.conformance_checks import checks

WITHOUT_A_WORLD = (
    "derive_is_pure",
    "steps_are_pure",
    "stops_from_every_state",
    "reacts_to_every_observation",
    "specs_survive_a_round_trip",
)


@pytest.mark.parametrize("check", WITHOUT_A_WORLD)
@pytest.mark.parametrize("name", builtin_benches.BY_SIZE)
def test_every_built_in_worker_conforms(
    name: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conformance_fsm, "check_fsm", builtin_benches.report_of)
    checks()[check](conformance_of(builtin_benches.ALL[name]))


@pytest.mark.parametrize("check", sorted(set(checks()) - set(WITHOUT_A_WORLD)))
@pytest.mark.parametrize(
    "bench",
    [
        AgentConformance,
        BridgeConformance,
        pytest.param(BrokerConformance, marks=pytest.mark.real),
        ConnectionConformance,
        DataFlowConformance,
        ProcessConformance,
    ],
)
@pytest.mark.thorough
def test_real_things_conform(bench: type[Conformance], check: str) -> None:
    checks()[check](bench())


@pytest.mark.parametrize("check", checks())
def test_a_sound_worker_conforms(check: str) -> None:
    checks()[check](in_a_room(Lamp))


COUNT = itertools.count()


class Derives(Lamp):
    def derive_desired_state(self, spec: LampSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("on", config={"n": next(COUNT)})


class Remembers(Lamp):
    asked = 0

    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        self.asked += 1
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay(f"asked {self.asked} times") if s.observed.lit else goto(self.dark, "dark")


class Deaf(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return stay("not now")
        return stay("lit") if s.observed.lit else goto(self.dark, "went dark")


class Raises(Lamp):
    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay({0: "new"}[s.observed.times]) if s.observed.lit else goto(self.dark, "dark")


class Adds(LampSpec):
    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "colour", self.colour + "!")


class Counts(Lamp):
    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        self.room["times"] = self.room.get("times", 0) + 1


class Refuses(Lamp):
    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        if self.room.get("lit"):
            raise RuntimeError("it is lit already")
        self.room["lit"] = True


class Forgets(Lamp):
    mine = False

    async def collect_observed_state(self, spec: LampSpec, resources: Resources[None]) -> LampSeen:
        return LampSeen(lit=self.mine)

    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        self.mine = True


class Swallows(Lamp):
    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            return


class LooksOn(Lamp):
    async def collect_observed_state(self, spec: LampSpec, resources: Resources[None]) -> LampSeen:
        try:
            await asyncio.sleep(0.01)
        except BaseException as error:
            raise RuntimeError("could not look") from error
        return LampSeen()


class Locks(Lamp):
    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        if self.room.get("locked"):
            raise RuntimeError("the switch is locked")
        self.room["locked"] = True
        await asyncio.sleep(0.01)
        del self.room["locked"]


@pytest.mark.parametrize(
    ("check", "worker", "said"),
    [
        ("derive_is_pure", Derives, "gave two answers to one input"),
        ("steps_are_pure", Remembers, "the step of on gave two answers"),
        ("stops_from_every_state", Deaf, "no stop path: on"),
        ("reacts_to_every_observation", Raises, "error: on"),
        ("actions_are_idempotent", Counts, "the second run changed the world"),
        ("actions_are_idempotent", Refuses, "the second run raises RuntimeError: it is lit"),
        ("recognises_what_runs", Forgets, "a new instance sees"),
        ("collections_can_be_cancelled", LooksOn, "it swallows its cancellation and raises"),
        ("actions_can_be_cancelled", Swallows, "it swallows its cancellation"),
        ("actions_can_be_cancelled", Locks, "the switch is locked"),
    ],
)
def test_each_check_can_fail(check: str, worker: type[Lamp], said: str) -> None:
    with pytest.raises(ConformanceError) as raised:
        checks()[check](in_a_room(worker))
    text = str(raised.value)
    assert said in text
    for part in ("where: ", "why it matters: ", "fix: "):
        assert part in text


def test_a_spec_that_changes_on_its_way_is_found() -> None:
    class Changing(Lamp):
        pass

    Changing.definition = _with_spec(Changing, Adds)
    with pytest.raises(ConformanceError, match="does not survive the way through data"):
        checks()["specs_survive_a_round_trip"](in_a_room(Changing, Adds()))


def _with_spec(worker: type[Lamp], spec: type[LampSpec]) -> Any:
    return msgspec.structs.replace(worker.definition, spec_type=spec)


def test_an_observation_of_the_author_is_tried() -> None:
    class Odd(Lamp):
        @state("running", to="dark stopped")
        def on(self, s: Snap) -> Step:
            if s.should_stop:
                return goto(self.stopped, "asked to stop")
            if s.observed.times == 42:
                raise RuntimeError("forty-two")
            return stay("lit") if s.observed.lit else goto(self.dark, "went dark")

    class WithMore(Conformance):
        worker = Odd

        def observations(self) -> list[ObservedState]:
            return [LampSeen(times=42)]

    plain = Conformance()
    plain.worker = Odd
    checks()["reacts_to_every_observation"](plain)
    with pytest.raises(ConformanceError, match="forty-two"):
        checks()["reacts_to_every_observation"](WithMore())


def test_nothing_is_run_without_a_world() -> None:
    with pytest.raises(NotTriedError, match=r"override world\(\)"):
        checks()["actions_are_idempotent"](conformance_of(Refuses))


def run_pytest(*args: str, cwd: Any, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs", *args]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.thorough
def test_the_plugin_makes_tests_of_them(tmp_path: Any, plugin_env: Mapping[str, str]) -> None:
    (tmp_path / "test_none.py").write_text("")
    ran = run_pytest("--fsmv2-worker", "test_conformance:Deaf", cwd=tmp_path, env=plugin_env)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed, 4 passed, 4 skipped" in ran.stdout
    assert "no stop path: on" in ran.stdout
    assert "why it matters: " in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "override world()" in ran.stdout


@pytest.mark.thorough
def test_the_plugin_says_what_it_cannot_find(tmp_path: Any, plugin_env: Mapping[str, str]) -> None:
    ran = run_pytest("--fsmv2-worker", "test_conformance:Daef", cwd=tmp_path, env=plugin_env)
    assert ran.returncode == 4
    assert "Did you mean 'Deaf'" in ran.stderr + ran.stdout


def test_a_spec_with_a_field_that_must_be_given_is_one_message() -> None:
    """And not one traceback for each check that makes a spec."""
    with pytest.raises(SpecError) as raised:
        check_specs(conformance_of(Connection))
    assert raised.value.message == (
        "ConnectionSpec needs host and port, so there is no spec to check Connection with."
    )
    assert raised.value.fix == (
        "Give one, in a class of your tests: `class ConnectionConformance(Conformance): worker = "
        "Connection`, with `def specs(self): return [ConnectionSpec(host=..., port=...)]`; then "
        "name that class in place of the worker."
    )
    check_specs(in_a_room(Lamp))
    check_specs(conformance_of(ConnectionConformance))


@pytest.mark.parametrize("check", WITHOUT_A_WORLD)
def test_no_check_ends_with_a_traceback_for_it(check: str) -> None:
    """Where checks are run by themselves, each says what to do."""
    with pytest.raises(FsmError, match="ConnectionSpec"):
        checks()[check](conformance_of(Connection))


def test_a_bench_that_needs_arguments_is_told_to_give_them_defaults() -> None:
    class Needs(Conformance):
        worker = Lamp

        def __init__(self, folder: Path) -> None:
            self.folder = folder

    with pytest.raises(SpecError, match="Needs cannot be made without arguments"):
        conformance_of(Needs)


def test_the_plugin_costs_nothing_where_it_is_not_used() -> None:
    program = (
        "import sys, fsmv2.testing.pytest_plugin\n"
        "print([n for n in sys.modules if n.startswith('fsmv2') or n == 'msgspec'])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "['fsmv2', 'fsmv2.testing', 'fsmv2.testing.pytest_plugin']"


@pytest.fixture
def plugin_env() -> Mapping[str, str]:
    """An environment in which the plugin is loaded, installed anew or not."""
    installed = {point.name for point in importlib.metadata.entry_points(group="pytest11")}
    here = str(Path(__file__).parent)
    found = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *sys.path])}
    if "fsmv2" not in installed:
        found["PYTEST_PLUGINS"] = "fsmv2.testing.pytest_plugin"
    return found
