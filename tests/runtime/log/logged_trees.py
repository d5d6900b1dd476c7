"""Trees in trouble, and the lines that they log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, ClassVar

import job_tree
from lamp_tree import World, device, group, simulate

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    PermanentError,
    Runtime,
    UserSpec,
    Vault,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.run_entries import notice, run_ended
from fsmv2.core import Declared, LoopBlocked, LoopFreed, Observed, SaveFailed, SlowCode, Uncontained
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import MOST, LogWriter
from fsmv2.testing import SimulatedStore, Simulation


def in_trouble() -> Iterator[Simulation]:
    """Trees that have ended, each after another kind of trouble."""
    debug, quick = LogLevels("debug"), EngineSettings(resync=5.0, stop_deadline=5.0)
    world = World()
    world.act["g/a"], world.act["g/c"] = PermanentError("dead"), OSError("once more")
    world.collect["g/d"] = world.collect["g/f"] = OSError("no answer")
    root = group(
        "g",
        *[device(name) for name in "abcd"],
        device("f", enabled=False),
        device("e", user={"X": 1}, template="{{ .X }}", state_mapping={"nowhere": "running"}),
        kind="guarded",
    )
    with simulate(world, root, settings=quick, log=debug) as sim:
        sim.run(10)
        world.broken["inside"] = "b"
        sim.run(150)
        sim.acknowledge("g/b", "on my way")
        sim.pause("g/c", "looks at it")
        world.broken.clear()
        sim.post(Observed("g/b", 1, 0.0, ObservedState()))
        sim.post(Uncontained("an exception came through"))
        sim.post(SlowCode("g/b", "step running", "x.py:1", 0.5))
        sim.post(LoopBlocked("g/b", "collect_observed_state", "x.py:1", 3.0))
        sim.run(5)
        sim.post(LoopFreed(3.0))
        sim.post(Declared(root, {}, "a secret", {"env:A": "A has another value"}))
        world.silent.add("g/e")
        sim.run(200)
        world.stubborn.add("g/b")
        sim.stop()
        yield sim
    world = World()
    world.construct = RuntimeError("no room")
    with simulate(world, group("g", device("a")), log=debug) as sim:
        sim.run(5)
        world.construct = None
        sim.run(60)
        yield sim
    with simulate(World(), group("g", device("a")), log=debug, store=SimulatedStore()) as sim:
        sim.run(5)
        sim.post(SaveFailed("disk full"))
        sim.run(5)
        yield sim
    jobs, factory = job_tree.Jobs(), WorkerFactory()
    jobs.short.add("t/a")
    factory.register(job_tree.Job, make=lambda: job_tree.Job(jobs))
    factory.register(job_tree.Team)
    root = job_tree.team("t", job_tree.job("a", "transient"))
    with Simulation(root, factory, log=debug) as sim:
        sim.run(20)
        yield sim


class Talker(Worker[UserSpec, ObservedState]):
    """Logs what the test asks for."""

    interval = 0.05
    looked: ClassVar[int] = 0

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        Talker.looked += 1
        resources.log.warning("slow", seconds=3, path="/dev/ttyS0", level="mine")
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("on")


async def talked() -> list[LogEntry]:
    """What a real tree logs of its author, of libraries, and of itself."""
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append], exclusive=True)
    filter_logs(None, log)
    factory = WorkerFactory()
    factory.register(Talker)
    Talker.looked = 0
    root = ChildSpec("t", "talker", UserSpec())
    async with Runtime(root, factory, secrets=Vault(), log=log) as tree:
        await tree.until(lambda _: Talker.looked > 2, timeout=200)
        logging.getLogger("pymodbus.client").critical("it is %s", "gone")
        logging.getLogger("a.library").warning("with a traceback", exc_info=OSError("why"))
        tree._reports.of_journal("cannot be written: disk full", "error")
        tree._reports.of_traces("traces do not reach anybody", "warning")
    summary = dict.fromkeys(("forced", "killed"), ())
    named = {name: {} for name in ("phases", "unhealthy", "unsettled", "dropped")}
    log.put(run_ended("it ended", {"exit": 0, "supervisors": 1, **summary, **named}))
    log.put(notice("stopping"))
    log._lost = MOST
    log.close()
    return lines
