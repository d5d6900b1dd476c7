"""The clock leaves out the time in which nobody was listening."""

from __future__ import annotations

from fsmv2 import ChildSpec, ObservedState, UserSpec, Worker, WorkerFactory, goto, state, stay
from fsmv2.core import Report
from fsmv2.runtime import Clock
from fsmv2.testing import Simulation


class Lamp(Worker[UserSpec, ObservedState]):
    """Is on whenever it is asked to be."""

    async def collect_observed_state(self, spec, resources):  # type: ignore[no-untyped-def]
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s):  # type: ignore[no-untyped-def]
        return stay("off") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s):  # type: ignore[no-untyped-def]
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("on")


def test_h50_a_stall_does_not_count_as_time() -> None:
    """A sleep of an hour ages nothing; the wall clock is not asked at all."""
    time = [1000.0]
    clock = Clock(lambda: time[0])
    time[0] += 5
    assert clock.now() == 5
    time[0] += 3600
    clock.woke(3600)
    assert clock.now() == 5 + Clock.TOLERATED
    clock.woke(0.5)
    time[0] += 2
    assert clock.now() == 7 + Clock.TOLERATED


def test_a_late_wake_up_never_turns_time_back() -> None:
    time = [0.0]
    clock = Clock(lambda: time[0])
    last = 0.0
    for late in (0.2, 1.5, 30.0, 0.9, 7200.0):
        time[0] += late
        clock.woke(late)
        assert clock.now() >= last
        last = clock.now()


def test_h50_being_stopped_at_work_ages_nothing_either() -> None:
    """A process may be stopped, or its machine sleep, while the core decides."""
    factory = WorkerFactory()
    factory.register(Lamp)
    with Simulation(ChildSpec("lamp", "lamp", UserSpec()), factory) as sim:
        sim.run(20)

        def hear(report: Report) -> None:
            if report.text.startswith("restart requested"):
                sim.loop.virtual_time += 3600

        sim.supervision.listen(hear)
        sim.restart("lamp")
        sim.run(30)
        assert sim["lamp"].incarnation == 2
        assert not [r.text for r in sim.reports if "stale" in r.text or "forced" in r.text]
