"""The executor by itself: who gets a slot, what is refused, and what ends what does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from fsmv2 import EngineSettings, Outcome, PermanentError, SpecError
from fsmv2.core import ActionEnded, ActionOverdue, ActionQueued, ActionRefused, ActionUnstuck
from fsmv2.runtime.action_executor import FROM_INSIDE, Executor, Job
from fsmv2.testing.virtual_loop import VirtualLoop
from fsmv2.worker import ActionDefinition


class Bench:
    """An executor under a virtual clock; `begun` and `posted` say what it did, and when.

    `waits` has apart who was told to wait for a slot, or to wait no longer, and when.
    """

    def __init__(self, **settings: int) -> None:
        self.loop = VirtualLoop()
        self.begun: list[str] = []
        self.cancels: list[float] = []
        self.posted: list[Any] = []
        self.waits: list[tuple[str, bool, float]] = []
        self.when: list[float] = []
        self.gate = asyncio.Event()
        self.ends: dict[str, asyncio.Event] = {}
        self.executor = Executor(EngineSettings(**settings), self.loop, self._post)
        self._id = 0

    def _post(self, event: Any) -> None:
        if isinstance(event, ActionQueued):
            self.waits.append((event.path, event.waits, round(self.loop.time(), 1)))
            return
        self.posted.append(event)
        self.when.append(self.loop.time())

    def submit(
        self,
        path: str,
        call: Callable[[], Awaitable[Any]] | None = None,
        *,
        type_name: str = "device",
        urgent: bool = False,
        repair: bool = False,
        timeout: float = 10.0,
    ) -> int:
        """Submit an action that is open-ended unless it is given; its id."""
        self._id += 1

        async def run() -> Any:
            self.begun.append(path)
            return await (call or self.ends.setdefault(path, self.gate).wait)()

        self.executor.submit(
            Job(
                (path, 1),
                self._id,
                ActionDefinition("work", timeout, 0, True),
                run,
                type_name=type_name,
                urgent=urgent,
                repair=repair,
            )
        )
        return self._id

    async def deaf(self) -> str:
        """An action that swallows every cancel until the gate opens."""
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancels.append(self.loop.time())
        return "late"

    def run(self, seconds: float = 0.001) -> None:
        """Let time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def outcomes(self) -> list[tuple[str, str]]:
        """Path and outcome of what ended, in order."""
        return [(e.path, e.outcome) for e in self.posted if isinstance(e, ActionEnded)]


Make = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Bench] = []

    def one(**settings: int) -> Bench:
        made.append(Bench(**settings))
        return made[-1]

    yield one
    for bench in made:
        bench.gate.set()
        bench.run(5)
        bench.loop.close()


def test_what_an_action_returns_is_handed_on(make: Make) -> None:
    bench = make()

    async def answer() -> int:
        return 42

    id_ = bench.submit("p/a", answer)
    bench.run()
    assert bench.posted == [ActionEnded("p/a", 1, id_, Outcome.SUCCEEDED, result=42)]
    bench.run(100)
    assert len(bench.posted) == 1  # its timeout has gone with it
    assert not bench.executor._running
    assert not bench.executor._taken


def test_a_task_bears_the_name_of_the_action_and_the_path(make: Make) -> None:
    bench = make()
    names = []

    async def look() -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())

    bench.submit("p/a", look)
    bench.run()
    assert names == ["work:p/a"]


@pytest.mark.parametrize(
    ("error", "said", "permanent"),
    [
        (ValueError("no such pin"), "ValueError: no such pin", False),
        (PermanentError("wrong device"), "wrong device", True),
        (SystemExit(1), "SystemExit was raised by an action", True),
        (KeyboardInterrupt(), "KeyboardInterrupt was raised by an action", True),
    ],
)
def test_h21_an_exception_is_a_result(
    make: Make, error: BaseException, said: str, permanent: bool
) -> None:
    bench = make(action_slots=1)

    async def fail() -> None:
        raise error

    id_ = bench.submit("p/a", fail)
    bench.submit("p/b")
    bench.run()
    assert bench.posted == [ActionEnded("p/a", 1, id_, Outcome.FAILED, said, permanent)]
    assert bench.begun == ["p/a", "p/b"]  # the slot is free again


def test_one_that_cancels_itself_has_failed(make: Make) -> None:
    bench = make()

    async def cancel() -> None:
        raise asyncio.CancelledError

    id_ = bench.submit("p/a", cancel)
    bench.run()
    assert bench.posted == [ActionEnded("p/a", 1, id_, Outcome.FAILED, FROM_INSIDE)]


def test_one_type_takes_half_of_the_slots_and_waits_in_order(make: Make) -> None:
    bench = make(action_slots=4)
    for n in range(4):
        bench.submit(f"p/{n}")
    bench.submit("p/other", type_name="other")
    bench.run()
    assert bench.begun == ["p/0", "p/1", "p/other"]
    assert bench.executor.queued == 2
    bench.gate.set()
    bench.run()
    assert bench.begun[3:] == ["p/2", "p/3"]
    assert bench.executor.queued == 0


def test_half_of_an_odd_number_of_slots_is_the_smaller_half(make: Make) -> None:
    bench = make(action_slots=5)
    for n in range(4):
        bench.submit(f"p/{n}")
    bench.run()
    assert bench.begun == ["p/0", "p/1"]


def test_the_share_of_a_type_is_a_setting(make: Make) -> None:
    bench = make(action_slots=8, type_percent=75)
    for n in range(8):
        bench.submit(f"p/{n}")
    bench.run()
    assert len(bench.begun) == 6
    with pytest.raises(SpecError, match="type_percent is 101, expected at most 100"):
        EngineSettings(type_percent=101)


def test_a_single_slot_is_a_share(make: Make) -> None:
    bench = make(action_slots=1)
    bench.submit("p/a")
    bench.submit("p/b")
    bench.run()
    assert bench.begun == ["p/a"]


def test_types_take_turns_so_that_two_full_of_dead_devices_starve_no_third(make: Make) -> None:
    bench = make(action_slots=4)
    bench.ends = {f"{t}/{n}": asyncio.Event() for t in "ab" for n in range(2)}
    for n in range(6):
        for type_name in "ab":
            bench.submit(f"{type_name}/{n}", type_name=type_name)
    bench.submit("c/0", type_name="c")
    bench.submit("c/1", type_name="c")
    bench.run()
    assert bench.begun == ["a/0", "b/0", "a/1", "b/1"]
    for path in list(bench.begun):
        bench.ends[path].set()
        bench.run()
    assert bench.begun[4:] == ["a/2", "b/2", "c/0", "a/3"]


def test_a_full_queue_refuses_what_is_not_urgent(make: Make) -> None:
    bench = make(action_slots=1, action_queue=2, urgent_slots=1)
    for n in range(3):
        bench.submit(f"p/{n}")
    assert bench.executor.refused == 0
    refused = [bench.submit("p/3"), bench.submit("q/0", type_name="other")]
    assert bench.posted == [
        ActionRefused("p/3", 1, refused[0]),
        ActionRefused("q/0", 1, refused[1]),
    ]
    assert bench.executor.refused == 2
    for n in range(3):
        bench.submit(f"u/{n}", urgent=True)
    bench.run()
    assert bench.executor.refused == 2
    assert bench.executor.queued == 4
    assert bench.begun == ["p/0", "u/0"]


def test_h61_what_is_urgent_has_slots_of_its_own_and_borrows_free_ones(make: Make) -> None:
    bench = make(action_slots=4, urgent_slots=1)
    bench.submit("p/0")
    for n in range(5):
        bench.submit(f"u/{n}", urgent=True)
    bench.run()
    assert bench.begun == ["p/0", "u/0", "u/1", "u/2", "u/3"]  # its own, and three of four
    bench.submit("q/0", type_name="other")
    bench.run()
    assert len(bench.begun) == 5  # what is borrowed is taken
    assert bench.executor.queued == 2
    bench.gate.set()
    bench.run()
    assert sorted(bench.begun[5:]) == ["q/0", "u/4"]
    assert bench.executor._taken_urgent == 0


def test_h61_repairs_have_half_of_the_lane_beside_the_share_of_their_type(make: Make) -> None:
    bench = make(action_slots=4, urgent_slots=4)
    for n in range(9):
        bench.submit(f"p/{n}", repair=True)
    bench.run()
    assert bench.begun == ["p/0", "p/1", "p/2", "p/3"]  # two in the lane, two of its share
    for n in range(3):
        bench.submit(f"u/{n}", urgent=True)
    for n in range(3):
        bench.submit(f"q/{n}", type_name="other")
    bench.run()
    assert bench.begun[4:] == ["u/0", "u/1", "u/2", "q/0"]
    assert bench.executor.queued == 7
    bench.gate.set()
    bench.run()
    assert bench.executor.queued == bench.executor._repairs_waiting == 0
    assert bench.executor._repairs_in_lane == bench.executor._taken_urgent == 0


def test_h61_repairs_have_the_smaller_half_of_an_odd_lane(make: Make) -> None:
    bench = make(action_slots=2, urgent_slots=3)
    for n in range(4):
        bench.submit(f"p/{n}", repair=True)
    bench.run()
    assert bench.begun == ["p/0", "p/1"]  # one in the lane, one of its share


def test_h61_a_repair_waits_while_stops_have_all_of_the_lane(make: Make) -> None:
    bench = make(action_slots=1, urgent_slots=2)
    bench.submit("p/0")
    for n in range(2):
        bench.submit(f"u/{n}", urgent=True)
    bench.submit("p/1", repair=True)
    bench.run()
    assert bench.begun == ["p/0", "u/0", "u/1"]


def test_h61_a_repair_passes_those_of_its_type_that_wait_and_is_never_refused(make: Make) -> None:
    bench = make(action_slots=1, urgent_slots=2, action_queue=2)
    for n in range(3):
        bench.submit(f"p/{n}")
    ids = [bench.submit(f"p/{n}", repair=True) for n in (3, 4, 5)]
    bench.run()
    assert bench.begun == ["p/0", "p/3"]
    assert bench.executor.refused == 0
    bench.executor.cancel(("p/4", 1), ids[1])
    bench.loop.run_until_complete(bench.executor.end_all(("p/5", 1)))
    assert bench.executor._repairs_waiting == 0
    bench.gate.set()
    bench.run()
    assert bench.begun == ["p/0", "p/3", "p/1", "p/2"]


def test_h61_ten_dead_devices_do_not_hold_up_what_is_urgent(make: Make) -> None:
    bench = make(action_slots=2, urgent_slots=2)
    for n in range(10):
        bench.submit(f"p/{n}")
        bench.submit(f"q/{n}", type_name="other")
    for n in range(2):
        bench.submit(f"u/{n}", urgent=True)
    bench.run()
    assert bench.begun == ["p/0", "q/0", "u/0", "u/1"]


@pytest.mark.parametrize("urgent", [False, True])
def test_a_queued_one_that_is_cancelled_never_begins(make: Make, urgent: bool) -> None:
    bench = make(action_slots=1, urgent_slots=1)
    bench.submit("p/0")
    bench.submit("u/0", urgent=True)
    ids = [bench.submit(f"w/{n}", urgent=urgent) for n in range(3)]
    bench.executor.cancel(("w/1", 1), ids[1])
    assert bench.posted == [ActionEnded("w/1", 1, ids[1], Outcome.CANCELLED)]
    bench.executor.cancel(("w/1", 1), ids[1])
    assert len(bench.posted) == 1
    bench.gate.set()
    bench.run()
    assert bench.begun == ["p/0", "u/0", "w/0", "w/2"]


def test_h22_a_running_one_is_cancelled_until_it_ends(make: Make) -> None:
    bench = make(action_slots=2)
    id_ = bench.submit("p/a", bench.deaf)
    bench.submit("p/b")
    bench.run()
    bench.executor.cancel(("p/a", 1), id_)
    bench.run(1.1)
    gaps = [b - a for a, b in zip(bench.cancels, bench.cancels[1:], strict=False)]
    assert gaps == pytest.approx([0.25] * 4)
    assert bench.posted == []
    bench.gate.set()
    bench.run()
    assert bench.posted[0] == ActionEnded("p/a", 1, id_, Outcome.CANCELLED)


def test_a_cancel_of_what_is_not_there_does_nothing(make: Make) -> None:
    bench = make()
    bench.submit("p/a")
    bench.executor.cancel(("p/b", 1), 99)
    bench.run()
    assert (bench.begun, bench.posted, bench.cancels) == (["p/a"], [], [])


def test_one_that_takes_too_long_is_ended_and_says_so(make: Make) -> None:
    bench = make(action_slots=1)
    id_ = bench.submit("p/a", timeout=2.5)
    bench.submit("p/b", timeout=60)
    bench.run(2.49)
    assert bench.posted == []
    bench.run(0.02)
    assert bench.posted == [ActionEnded("p/a", 1, id_, Outcome.TIMED_OUT, "took longer than 2.5 s")]
    bench.run(30)
    assert bench.begun == ["p/a", "p/b"]
    assert bench.executor.stuck == 0
    assert len(bench.posted) == 1


@pytest.mark.parametrize("urgent", [False, True])
def test_h22_one_that_does_not_end_is_given_up_and_its_slot_with_it(
    make: Make, urgent: bool
) -> None:
    bench = make(action_slots=1, urgent_slots=1)
    if urgent:
        bench.submit("other", timeout=1000.0)
    id_ = bench.submit("p/a", bench.deaf, timeout=10.0, urgent=urgent)
    bench.submit("p/b", timeout=1000.0, urgent=urgent)
    bench.run(29.9)
    text = "ignores its cancellation: it has not ended after 20 s, and is given up after 30 s"
    overdue = ActionOverdue("p/a", 1, id_, text)
    assert bench.posted == [overdue]
    assert bench.cancels[0] == pytest.approx(10.0)
    bench.run(0.2)
    stuck = ActionEnded("p/a", 1, id_, Outcome.STUCK, "has not ended after 30 s")
    assert bench.posted == [overdue, stuck]
    assert bench.when == pytest.approx([20.0, 30.0])
    assert bench.executor.stuck == 1
    assert bench.begun[-2:] == ["p/a", "p/b"]
    before = len(bench.cancels)
    bench.run(10)
    assert len(bench.cancels) - before == 10  # still pressed, but once a second is enough
    bench.gate.set()
    bench.run()
    assert ActionUnstuck("p/a", 1, id_) in bench.posted
    assert ("p/b", Outcome.SUCCEEDED) in bench.outcomes()
    assert [e.action_id for e in bench.posted].count(id_) == 3
    assert bench.executor._taken == {}
    assert bench.executor._taken_urgent == 0


def test_one_that_ends_between_its_time_out_and_three_times_it_is_not_stuck(make: Make) -> None:
    bench = make()
    id_ = bench.submit("p/a", bench.deaf, timeout=10.0)
    bench.run(19.9)
    bench.gate.set()
    bench.run(20)
    assert bench.posted == [ActionEnded("p/a", 1, id_, Outcome.TIMED_OUT, "took longer than 10 s")]
    assert bench.executor.stuck == 0


def test_everything_of_an_incarnation_ends_and_nothing_else(make: Make) -> None:
    bench = make(action_slots=4, urgent_slots=1)
    running = bench.submit("p/a", bench.deaf)
    bench.submit("p/b")
    for path in ("p/a", "p/b", "p/a"):
        bench.submit(path)
    bench.submit("u/0", urgent=True)
    for path in ("p/a", "u/1"):
        bench.submit(path, urgent=True, type_name="other")
    bench.run()
    begun = list(bench.begun)
    ended = bench.loop.create_task(bench.executor.end_all(("p/a", 1)))
    bench.run(1)
    assert not ended.done()  # it returns when the tasks have ended
    assert bench.cancels
    bench.gate.set()
    bench.run(1)
    assert ended.done()
    assert ActionEnded("p/a", 1, running, Outcome.CANCELLED) in bench.posted
    assert bench.begun[len(begun) :] == ["p/b"]
    assert not bench.executor._running


def test_every_one_that_is_stuck_is_counted(make: Make) -> None:
    bench = make()
    for path in ("p/a", "p/b"):
        bench.submit(path, bench.deaf, timeout=1.0)
    bench.run(3.1)
    assert bench.executor.stuck == 2


def test_one_that_waits_long_for_a_slot_is_told_of_and_again_when_it_has_one(make: Make) -> None:
    bench = make(action_slots=2, urgent_slots=1)
    bench.ends["p/a"] = asyncio.Event()
    bench.submit("p/a", timeout=60)
    bench.submit("p/s", urgent=True, timeout=60)
    bench.submit("p/b", timeout=60)
    bench.run(0.5)
    bench.submit("p/t", urgent=True, timeout=60)  # the other slot is lent to it
    bench.submit("p/u", urgent=True, timeout=60)
    bench.run(5)
    assert bench.begun == ["p/a", "p/s", "p/t"]
    assert bench.waits == [("p/b", True, 1.0), ("p/u", True, 2.0)]
    bench.ends["p/a"].set()
    bench.run(0.1)
    assert bench.begun[3:] == ["p/u"]
    assert bench.waits[2:] == [("p/u", False, 5.5)]
    bench.gate.set()
    bench.run(3)
    assert bench.waits[3:] == [("p/b", False, 5.6)]
    assert bench.executor._reporting is None


def test_one_that_waits_is_told_of_however_long_nobody_waited_before(make: Make) -> None:
    bench = make(action_slots=1)
    bench.submit("p/a", timeout=60)
    bench.run(5)
    bench.submit("p/b", timeout=60)
    bench.run(5)
    assert bench.waits == [("p/b", True, 6.0)]


def test_a_short_wait_is_told_to_nobody(make: Make) -> None:
    bench = make(action_slots=1)
    bench.submit("p/a")
    bench.submit("p/b")
    bench.run(0.9)
    bench.gate.set()
    bench.run(5)
    assert (bench.begun, bench.waits) == (["p/a", "p/b"], [])


def test_what_was_queued_and_how_it_ended_is_counted_and_timed(make: Make) -> None:
    """By type, action and status; one that waited has waited, and one dropped never ran."""
    bench = make(action_slots=2, type_percent=50, urgent_slots=1)

    async def fails() -> None:
        raise ValueError("no")

    async def well() -> str:
        await asyncio.sleep(1.0)
        return "done"

    bench.submit("a", well)
    bench.submit("b", fails)
    last = bench.submit("c", well)
    bench.submit("d", well, type_name="other")
    bench.submit("e", bench.deaf, urgent=True, timeout=2.0)
    bench.run()
    pools = bench.executor.pools()
    assert (pools["actions"].slots, pools["actions"].taken, pools["actions"].waiting) == (2, 2, 2)
    assert (pools["urgent"].slots, pools["urgent"].taken, pools["urgent"].waiting) == (1, 1, 0)
    bench.executor.cancel(("c", 1), last)
    bench.run(10)
    counts = bench.executor.counts
    assert counts.queued == {("device", "work"): 4, ("other", "work"): 1}
    assert counts.ended == {
        ("device", "work", "succeeded"): 1,
        ("device", "work", "failed"): 1,
        ("device", "work", "cancelled"): 1,
        ("device", "work", "stuck"): 1,
        ("other", "work", "succeeded"): 1,
    }
    assert counts.timed_out == {("device", "work"): 1}
    took = {status: one.read().total for (_, _, status), one in counts.execution.items()}
    assert {status: round(seconds, 1) for status, seconds in took.items()} == {
        "succeeded": 1.0,
        "failed": 0.0,
        "stuck": 6.0,
    }
    waited = counts.wait.read()
    assert sum(waited.counts) == 4
    assert round(waited.total, 1) == 1.0
    bench.gate.set()
    bench.run(5)
    assert sum(counts.ended.values()) == 5, "the one given up has ended once"


def test_slots_that_the_lane_lends_count_where_they_are_taken(make: Make) -> None:
    bench = make(action_slots=2, urgent_slots=1)
    for path in "abc":
        bench.submit(path, urgent=True)
    bench.run()
    pools = bench.executor.pools()
    assert (pools["actions"].taken, pools["urgent"].taken) == (2, 1)
