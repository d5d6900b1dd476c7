"""The simulation that authors test with: its time, its words, and that it leaves nothing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from fsmv2 import ChildSpec, ObservedState, UserSpec, Worker, WorkerFactory, goto, state, stay
from fsmv2.testing import Simulation, VirtualLoop


class Clock(Worker[UserSpec, ObservedState]):
    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay(f"since {s.elapsed:.0f} s", wake_after=3600)


@pytest.fixture
def sim() -> Any:
    factory = WorkerFactory()
    factory.register(Clock)
    with Simulation(ChildSpec("c", "clock", UserSpec()), factory) as simulation:
        yield simulation


def test_a_day_passes_in_a_moment(sim: Simulation) -> None:
    began = time.process_time()
    sim.run(86_400)
    assert time.process_time() - began < 30
    assert sim.now == pytest.approx(86_400)
    assert sim["c"].reason.startswith("since 86")
    assert sim["c"].incarnation == 1


def test_until_says_how_long_it_took_or_what_the_tree_is(sim: Simulation) -> None:
    assert sim.until(lambda s: "c" in s and s["c"].state == "running") <= 0.02
    with pytest.raises(AssertionError, match=r"not so within 1 virtual s.*\n  c: running"):
        sim.until(lambda s: False, within=1)


def test_until_asks_at_each_step_although_nothing_happens(sim: Simulation) -> None:
    """The clock wakes each hour; in between the steps are skipped, and the moments are the same."""
    sim.run(10)
    asked: list[float] = []
    took = sim.until(lambda s: not asked.append(s.now) and s.now > 20, step=0.5, within=60)
    assert took == pytest.approx(10.5)
    assert asked == pytest.approx([10 + 0.5 * n for n in range(22)])


def test_no_step_is_skipped_in_which_something_is_due(sim: Simulation) -> None:
    sim.run(10)
    loop = sim.loop
    assert not loop.skip(7200.0), "the clock wakes within that"
    done: list[float] = []
    loop.call_later(1.0, lambda: done.append(loop.time()))
    assert loop.skip(0.5)
    assert not loop.skip(0.5), "it is due at the very end"
    sim.run(0.5)
    assert done == pytest.approx([11.0])
    loop.call_soon(done.clear)
    assert not loop.skip(0.1), "it is due now"
    sim.run()
    assert not done


def test_a_missing_path_is_a_key_error(sim: Simulation) -> None:
    with pytest.raises(KeyError):
        sim["nobody"]


def test_a_kind_that_no_report_has_is_an_error_with_the_nearest(sim: Simulation) -> None:
    sim.run(10)
    assert sim.texts("transition")
    with pytest.raises(ValueError, match=r"the kind 'transitions'. Did you mean 'transition'\?"):
        sim.texts("transitions")


def test_virtual_time_keeps_order_and_does_not_wait() -> None:
    order: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    async def main() -> None:
        await asyncio.gather(wait("late", 5000), wait("early", 10), wait("middle", 300))

    loop = VirtualLoop()
    try:
        loop.run_until_complete(main())
        assert order == ["early", "middle", "late"]
        assert loop.time() == 5000
    finally:
        loop.close()
