"""Jobs that end by themselves, well or not: what the tests of OTP's rules are built from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    Group,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.testing import SimulatedStore, Simulation


class Jobs:
    """What runs, how it ended, and the order in which things were begun and ended."""

    def __init__(self) -> None:
        self.works: dict[str, bool] = {}
        self.out: dict[str, str] = {}
        self.log: list[str] = []
        self.refusals: dict[str, Callable[[], str]] = {}  # of the instance that looked last
        self.slow: dict[str, float] = {}  # path → seconds that it takes to begin
        self.broken: set[str] = set()  # paths whose job ends at once, and not well
        self.short: set[str] = set()  # paths whose job is done at once, before it was ready

    def end(self, path: str, how: str) -> None:
        """The job ends by itself: "well" or "badly"."""
        self.works[path], self.out[path] = False, how


class JobSpec(UserSpec):
    pin: int = 0


class JobSeen(ObservedState):
    works: bool = False
    out: str = ""


Job_ = Snapshot[JobSpec, JobSeen]


class Job(Worker[JobSpec, JobSeen]):
    """Begins its job, and follows it to its end."""

    interval = 1.0

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def derive_desired_state(
        self, spec: JobSpec, previous_observed: JobSeen | None
    ) -> DesiredState:
        return DesiredState("running")

    async def collect_observed_state(self, spec: JobSpec, resources: Resources[None]) -> JobSeen:
        path = resources.path
        self.jobs.refusals[path] = resources.refusal
        return JobSeen(works=self.jobs.works.get(path, False), out=self.jobs.out.get(path, ""))

    @action(timeout=5)
    async def begin(self, spec: JobSpec, resources: Resources[None]) -> None:
        path = resources.path
        await asyncio.sleep(self.jobs.slow.get(path, 0.0))
        self.jobs.log.append(f"+{resources.path.rpartition('/')[2]}")
        broken, short = path in self.jobs.broken, path in self.jobs.short
        self.jobs.works[path] = not broken and not short
        self.jobs.out[path] = "badly" if broken else "well" if short else ""

    @action(timeout=5)
    async def end(self, spec: JobSpec, resources: Resources[None]) -> None:
        self.jobs.log.append(f"-{resources.path.rpartition('/')[2]}")
        self.jobs.works[resources.path] = False

    @state("stopped", to="starting stopping")
    def stopped(self, s: Job_) -> Step:
        if not s.should_stop:
            return goto(self.starting, "asked to run")
        return goto(self.stopping, "it works") if s.observed.works else stay("it is stopped")

    @state("starting", to="running stopped failed stopping")
    def starting(self, s: Job_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.works:
            return goto(self.running, "it works")
        begun = s.last(self.begin)
        if begun is not None and begun.ended_at >= s.since and s.observed.out:
            if s.observed.out != "badly":
                return goto(self.stopped, "it ended well")
            return goto(self.failed, "it ended badly at once")
        return act(self.begin, "it does not work")

    @state("running", to="stopped failed stopping")
    def running(self, s: Job_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.works:
            return stay("it works")
        if s.observed.out == "well":
            return goto(self.stopped, "it ended well")
        return goto(self.failed, "it ended badly")

    @state("failed", to="starting stopping")
    def failed(self, s: Job_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.now >= s.retry_at:
            return goto(self.starting, "tried again")
        return stay("waits to try again", wake_after=s.retry_at - s.now)

    @state("stopping", to="stopped")
    def stopping(self, s: Job_) -> Step:
        return act(self.end, "it works") if s.observed.works else goto(self.stopped, "it ended")


class TeamSpec(UserSpec):
    children: tuple[ChildSpec, ...] = ()
    groups: tuple[Group, ...] = ()
    auto_stop: Any = "never"
    escalation: Any = "isolate"


Team_ = Snapshot[TeamSpec, ObservedState]


class Team(Worker[TeamSpec, ObservedState]):
    """Has the children and the strategy its spec says; keeps them when its spec changes."""

    update_policy = "in_place"

    def derive_desired_state(
        self, spec: TeamSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        return DesiredState(
            "running",
            spec.children,
            groups=spec.groups,
            auto_stop=spec.auto_stop,
            escalation=spec.escalation,
        )

    async def collect_observed_state(
        self, spec: TeamSpec, resources: Resources[None]
    ) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Team_) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Team_) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


def job(name: str, restart: Any = "permanent", **options: Any) -> ChildSpec:
    return ChildSpec(name, "job", JobSpec(pin=options.pop("pin", 0)), restart=restart, **options)


def team(name: str, *children: ChildSpec, **options: Any) -> ChildSpec:
    of_child = {
        k: options.pop(k) for k in ("restart", "significant", "detect_only") if k in options
    }
    return ChildSpec(name, "team", TeamSpec(children=children, **options), **of_child)


def simulate(
    jobs: Jobs,
    root: ChildSpec,
    settings: EngineSettings | None = None,
    *,
    store: SimulatedStore | None = None,
) -> Simulation:
    factory = WorkerFactory()
    factory.register(Job, make=lambda: Job(jobs))
    factory.register(Team)
    return Simulation(root, factory, settings=settings, store=store)


def states(sim: Simulation, names: Sequence[str], parent: str = "t") -> list[str]:
    return [sim[f"{parent}/{name}"].state for name in names]
