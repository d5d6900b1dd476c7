"""A plant's document in simulated surroundings: no socket, no process, and the real decisions."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.plant import load_plant
from fsmv2.testing import (
    FaultKind,
    PlantSurroundings,
    SimulatedTree,
    Simulation,
    document_tree,
    load_tree,
    register_simulated,
    simulate,
)

PLANT = """\
agent: {name: plant, location: {enterprise: acme, site: here}}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: 502}
    read:
      input:
        modbus:
          address: "{{ .IP }}:502"
          registers: [{name: speed, address: 0}]
bridges:
  - {name: filler, template: plc, location: {area: a}, variables: {IP: 10.0.0.1}}
  - {name: capper, template: plc, location: {area: b}, variables: {IP: 10.0.0.2}}
processes:
  camera: {command: [camera, --fast], ready: {port: 8080}}
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The document; whoever opens a socket or starts a program fails."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something real was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT)
    return file


def tree_of(document: Path) -> tuple[Simulation, PlantSurroundings]:
    """The tree by itself, to be driven by hand; its surroundings are handed out, too."""
    around, factory = PlantSurroundings(), WorkerFactory()
    register_simulated(factory, around)
    plant = load_plant(document)
    return Simulation(plant.root, factory, settings=plant.settings, secrets=plant.vault), around


def test_everything_of_a_document_runs_in_simulated_surroundings(document: Path) -> None:
    sim, _ = tree_of(document)
    with sim:
        sim.until(lambda s: "plant/filler" in s and s["plant/filler"].phase == "running", within=60)
        sim.run(30)
        assert {node.phase for node in sim.view().nodes} == {"running"}
        assert sim["plant/filler/dfc_read"].state in ("active", "idle")


def test_what_fails_around_it_is_seen_by_the_real_workers(document: Path) -> None:
    sim, around = tree_of(document)
    with sim:
        sim.run(60)
        told = around.trouble("plant/filler/connection", now=sim.now, seconds=20, number=0)
        assert told == "away"
        sim.run(5)
        assert sim["plant/filler"].state == "degraded_connection"
        assert "10.0.0.1:502 is away" in sim["plant/filler"].reason
        assert sim["plant/capper"].phase == "running"
        sim.run(60)
        assert sim["plant/filler"].phase == "running"
        assert around.trouble("plant/broker", now=sim.now, seconds=20, number=0) == "killed"
        sim.run(3)
        assert "killed by signal 9" in " ".join(sim.texts("transition", "plant/broker"))
        assert around.trouble("plant/camera", now=sim.now, seconds=20, number=0) == "killed"
        sim.run(3)
        assert "killed by signal 9" in " ".join(sim.texts("transition", "plant/camera"))
        sim.run(120)
        assert {node.phase for node in sim.view().nodes} == {"running"}
        assert around.trouble("plant/camera", now=sim.now, seconds=20, number=3) == "shim killed"
        sim.run(10)
        assert "keep_process succeeded" in sim.texts("action", "plant/camera")
        assert sim["plant/camera"].phase == "running"


def test_a_process_that_is_declared_no_more_after_a_crash_is_ended(document: Path) -> None:
    sim, around = tree_of(document)
    with sim:
        sim.run(60)
    assert [kind for kind, thing in around.about.values() if thing in around.running] == [
        "broker",
        "process",
    ]
    around.crashed()
    document.write_text(PLANT.partition("processes:")[0])
    factory = WorkerFactory()
    register_simulated(factory, around)
    plant = load_plant(document)
    with Simulation(plant.root, factory, settings=plant.settings) as again:
        again.run(60)
        kinds = [kind for kind, thing in around.about.values() if thing in around.running]
        assert kinds == ["broker"]
        assert {node.phase for node in again.view().nodes} == {"running"}


def test_a_crash_leaves_servers_running_and_ends_the_flows(document: Path) -> None:
    sim, around = tree_of(document)
    with sim:
        sim.run(60)
    around.crashed()
    assert around.flows == {}
    pids = {thing: running.pid for thing, running in around.running.items()}
    assert len(pids) == 2
    factory = WorkerFactory()
    register_simulated(factory, around)
    plant = load_plant(document)
    with Simulation(plant.root, factory, settings=plant.settings) as sim:
        sim.run(60)
        assert {node.phase for node in sim.view().nodes} == {"running"}
        assert {thing: running.pid for thing, running in around.running.items()} == pids


@pytest.mark.slow
def test_a_document_under_all_faults_keeps_every_invariant(document: Path) -> None:
    outcome = simulate(load_tree(str(document)), seed=2, seconds=2 * 3600, every=30)
    assert outcome.held, "\n".join([outcome.found, *outcome.trace])
    assert outcome.workers == 9
    assert outcome.unwell == ()
    assert {kind for kind, _ in outcome.coverage} == set(FaultKind)


class Eyes(ObservedState):
    open: bool = True


class Watchman(Worker[UserSpec, Eyes]):
    """An author's own type, in surroundings of the author's own."""

    interval = 2.0

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Eyes:
        raise AssertionError("the real one looks at the real world")

    @state("stopped", to="watching")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.watching, "on")

    @state("running", to="asleep stopped")
    def watching(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "off")
        return stay("watches") if s.observed.open else goto(self.asleep, "fell asleep")

    @state("degraded", to="watching stopped")
    def asleep(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "off")
        return goto(self.watching, "woke up") if s.observed.open else stay("sleeps")


class Site(Worker[UserSpec, ObservedState]):
    """Declares a bridge's connection beside the author's own."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        from fsmv2.builtin.connection import ConnectionSpec

        return DesiredState(
            "running",
            (
                ChildSpec("watchman", "watchman", UserSpec()),
                ChildSpec("door", "connection", ConnectionSpec(host="10.0.0.9", port=80)),
            ),
        )

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.running, "on")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "off") if s.should_stop else stay("on")


class Night(PlantSurroundings):
    """Those of the built-in types, and one thing more."""

    def trouble(self, path: str, *, now: float, seconds: float, number: int) -> str:
        if not path.endswith("watchman"):
            return super().trouble(path, now=now, seconds=seconds, number=number)
        self.until["asleep", path] = now + seconds
        return "asleep"


def night() -> SimulatedTree:
    around, factory = Night(), WorkerFactory()
    register_simulated(factory, around)
    factory.register(Site)

    class SimulatedWatchman(Watchman):
        async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Eyes:
            return Eyes(open=not around.suffers("asleep", resources.path))

    factory.register(Watchman, make=SimulatedWatchman)
    return SimulatedTree((ChildSpec("site", "site", UserSpec()),), factory, around)


@pytest.mark.thorough
def test_types_of_an_author_stand_in_surroundings_of_the_author() -> None:
    outcome = simulate(night, seed=1, seconds=4 * 3600, every=60)
    assert outcome.held, "\n".join([outcome.found, *outcome.trace])
    kinds = {(kind, phase) for kind, phase in outcome.coverage if phase == "degraded"}
    assert (FaultKind.SURROUNDINGS, "degraded") in kinds
    assert sum(n for (kind, _), n in outcome.coverage.items() if kind is FaultKind.SURROUNDINGS) > 5


def test_a_document_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    from fsmv2 import DocumentError

    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: x}\nbridgs: []\n")
    with pytest.raises(DocumentError, match="bridges"):
        document_tree(file)
    with pytest.raises(DocumentError):
        load_tree(str(tmp_path / "nowhere.yaml"))
