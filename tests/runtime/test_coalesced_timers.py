"""The timers of collectors: on a grid, in order, put off for a while where that is allowed."""

from __future__ import annotations

import asyncio
from typing import Any

from fsmv2 import ChildSpec, ObservedState, UserSpec, Worker, WorkerFactory, state, stay
from fsmv2.runtime.coalesced_timers import GRID, MOST_WAITS, CoalescedTimers
from fsmv2.testing import Simulation, VirtualLoop


def test_those_of_about_the_same_moment_share_a_wake_up_and_come_in_order() -> None:
    loop, called = VirtualLoop(), []
    timers: CoalescedTimers[str] = CoalescedTimers(
        loop, lambda name: called.append((name, loop.time()))
    )
    for name, when in (("a", 0.11), ("b", 0.14), ("c", 0.16), ("d", 0.12)):
        timers.put(name, when)
    assert len(loop._scheduled) == 2
    loop.run_until_complete(asyncio.sleep(1))
    loop.close()
    assert [name for name, _ in called] == ["a", "b", "d", "c"]
    for (_, at), asked in zip(called, (0.11, 0.14, 0.12, 0.16), strict=True):
        assert asked - 1e-9 <= at <= asked + GRID


def test_what_can_wait_waits_while_there_is_much_to_do_but_not_for_ever() -> None:
    loop, called, busy = VirtualLoop(), [], [True]
    timers: CoalescedTimers[str] = CoalescedTimers(
        loop, lambda name: called.append((name, loop.time())), wait=lambda: busy[0]
    )
    timers.put("first", 0.1)
    timers.put("second", 0.15)
    loop.run_until_complete(asyncio.sleep(0.5))
    assert called == []
    busy[0] = False
    loop.run_until_complete(asyncio.sleep(0.2))
    assert [name for name, _ in called] == ["first", "second"]
    busy[0] = True
    began = loop.time()
    timers.put("third", began)
    loop.run_until_complete(asyncio.sleep(10))
    loop.close()
    assert MOST_WAITS * GRID - GRID <= called[-1][1] - began <= 3 * MOST_WAITS * GRID


class Slow(Worker[UserSpec, ObservedState]):
    """Every other look takes nearly as long as it may."""

    interval = 1.0
    observe_timeout = 0.9
    looks = 0
    cancelled = 0

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        self.looks += 1
        try:
            await asyncio.sleep(0.8 if self.looks % 2 else 0.0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return ObservedState()

    @state("stopped")
    def stopped(self, s: Any) -> Any:
        return stay("looks")


def test_the_time_out_of_one_look_never_ends_the_next() -> None:
    slow = Slow()
    factory = WorkerFactory()
    factory.register(Slow, make=lambda: slow)
    with Simulation(ChildSpec("s", "slow", UserSpec()), factory) as sim:
        sim.run(60)
        assert slow.looks > 50
        assert slow.cancelled == 0
