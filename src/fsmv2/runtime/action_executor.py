"""The executor: gives actions slots, fair between worker types, and ends what does not end itself.

Slots are bounded, one type takes at most its share of them, and stops and repairs have a lane of
their own, so that ten dead devices never hold up anybody's stop (H61). A dead device is repaired
again and again: half of the lane is for stops alone. Runs on the work loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from fsmv2.core import (
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    EngineSettings,
    Event,
)
from fsmv2.errors import PermanentError, error_text
from fsmv2.host.task_cancellation import AGAIN, end_task
from fsmv2.runtime.action_counts import ActionCounts, SlotPool, status_of
from fsmv2.runtime.collector import task_name
from fsmv2.worker import ActionDefinition, Outcome

WAITS_AFTER = 1.0
"""Seconds after which a job that waits for a slot is reported: a short wait is nobody's concern."""

OVERDUE_AFTER, STUCK_AFTER = 2, 3
"""An action that has not ended after so many times its timeout is reported, and then given up."""


FROM_INSIDE = "CancelledError: it was cancelled from inside, by its own code"


def _never() -> bool:
    return False


class Job:
    """One action, queued or running. `held`: whether it may not be started now, being paused."""

    __slots__ = (
        "call",
        "cancelled",
        "definition",
        "given_up",
        "held",
        "id",
        "key",
        "lane",
        "queued_at",
        "repair",
        "reported",
        "started_at",
        "task",
        "timed_out",
        "timer",
        "type_name",
        "urgent",
    )

    def __init__(
        self,
        key: tuple[str, int],
        id_: int,
        definition: ActionDefinition,
        call: Callable[[], Awaitable[Any]],
        *,
        type_name: str,
        urgent: bool,
        repair: bool = False,
        held: Callable[[], bool] = _never,
    ) -> None:
        self.key = key
        self.id = id_
        self.definition = definition
        self.call = call
        self.type_name = type_name
        self.urgent = urgent
        self.repair = repair and not urgent
        self.held = held
        self.lane = urgent  # whether it holds, or will hold, a slot of the lane
        self.task: asyncio.Task[Any] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.queued_at = 0.0
        self.started_at = 0.0
        self.reported = False  # that it waits
        self.cancelled = False
        self.timed_out = False
        self.given_up = False


class Executor:
    """Runs jobs; counts what it had to refuse or give up."""

    def __init__(
        self,
        settings: EngineSettings,
        loop: asyncio.AbstractEventLoop,
        post: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._loop = loop
        self._post = post
        self._waiting: dict[str, deque[Job]] = {}
        self._urgent: deque[Job] = deque()
        self._running: dict[int, Job] = {}
        self._taken: dict[str, int] = {}
        self._taken_urgent = 0
        self._repairs_waiting = self._repairs_in_lane = 0
        self._reporting: asyncio.TimerHandle | None = None
        self.counts = ActionCounts()
        self.refused = 0
        self.stuck = 0

    def change(self, settings: EngineSettings) -> None:
        """Go by these settings from now on, from any thread; new slots are used at the next end."""
        self._settings = settings

    @property
    def queued(self) -> int:
        """Jobs that wait for a slot."""
        return len(self._urgent) + sum(map(len, self._waiting.values()))

    def pools(self) -> dict[str, SlotPool]:
        """The slots for all actions, and those for stops and repairs; from any thread."""
        urgent, settings = self._taken_urgent, self._settings
        lent = max(0, urgent - settings.urgent_slots)
        # Copied into lists first: the work loop may change the dicts while another thread adds up,
        # and a dict that changes under a generator raises. A copy is one step for the interpreter.
        return {
            "actions": SlotPool(
                settings.action_slots,
                sum(list(self._taken.values())) + lent,
                sum(map(len, list(self._waiting.values()))),
            ),
            "urgent": SlotPool(settings.urgent_slots, urgent - lent, len(self._urgent)),
        }

    def submit(self, job: Job) -> None:
        """Queue a job; a full queue refuses it at once, and never blocks."""
        first = job.urgent or job.repair
        if not first and self.queued >= self._settings.action_queue:
            self.refused += 1
            self._post(ActionRefused(*job.key, job.id))
            return
        if job.urgent:
            self._urgent.append(job)
        else:
            self._waiting.setdefault(job.type_name, deque()).append(job)
            if job.repair:
                self._repairs_waiting += 1
        job.queued_at = self._loop.time()
        self.counts.queued[job.type_name, job.definition.name] += 1
        self._fill()
        if self._reporting is None and job.task is None:
            self._reporting = self._loop.call_later(WAITS_AFTER, self._report_waiting)

    def _report_waiting(self) -> None:
        """Report those that wait for long, and look again as long as there is a queue."""
        self._reporting, late = None, self._loop.time() - WAITS_AFTER
        for queue in (self._urgent, *self._waiting.values()):
            for job in queue:
                if job.queued_at <= late and not job.reported:
                    job.reported = True
                    self._post(ActionQueued(*job.key, job.id, waits=True))
        if self.queued:
            self._reporting = self._loop.call_later(WAITS_AFTER, self._report_waiting)

    def cancel(self, key: tuple[str, int], id_: int) -> None:
        """Cancel a job: a queued one ends at once, a running one is cancelled until it ends."""
        job = self._running.get(id_)
        if job is not None:
            job.cancelled = True
            self._press(job)
            return
        for queue in (self._urgent, *self._waiting.values()):
            for queued in queue:
                if queued.id == id_:
                    self._drop(queued, queue)
                    return

    async def end_all(self, key: tuple[str, int]) -> None:
        """End everything of one incarnation; returns when its tasks have ended."""
        for queue in (self._urgent, *self._waiting.values()):
            for queued in [job for job in queue if job.key == key]:
                self._take_out(queued, queue)
                self._count_unstarted(queued)
        for job in [job for job in self._running.values() if job.key == key]:
            job.cancelled = True
            if job.task is not None:
                await end_task(job.task)

    def _fill(self) -> None:
        while self._urgent and (
            self._taken_urgent < self._settings.urgent_slots or self._free() > 0
        ):
            self._start(self._urgent.popleft())
        self._fill_lane_with_repairs()
        share = max(1, self._settings.action_slots * self._settings.type_percent // 100)
        # One round is enough: whatever ended has left one slot, and one more for its type.
        for type_name, queue in list(self._waiting.items()):
            while queue and queue[0].held():
                self._drop(queue[0], queue)
            if not queue:
                del self._waiting[type_name]
            elif self._free() > 0 and self._taken.get(type_name, 0) < share:
                self._waiting[type_name] = self._waiting.pop(type_name)  # behind the others
                job = queue[0]
                self._take_out(job, queue)
                self._start(job)

    def _fill_lane_with_repairs(self) -> None:
        """Of the lane half stays for stops, however much there is to be repaired."""
        lane = self._settings.urgent_slots
        for type_name, queue in list(self._waiting.items()):
            room = self._repairs_in_lane < lane // 2 and self._taken_urgent < lane
            if not room or not self._repairs_waiting:
                return
            for job in [job for job in queue if job.repair]:
                if job.held():
                    self._drop(job, queue)
                    continue
                self._waiting[type_name] = self._waiting.pop(type_name)  # behind the others
                self._take_out(job, queue)
                job.lane = True
                self._start(job)
                break

    def _drop(self, job: Job, queue: deque[Job]) -> None:
        """End a job that was queued before a pause: nothing is started while paused.

        Asked when its slot is free and not when the pause comes: so there is no moment between the
        two in which it could be started, and what is resumed in time keeps its place.
        """
        self._take_out(job, queue)
        self._count_unstarted(job)
        self._post(ActionEnded(*job.key, job.id, Outcome.CANCELLED))

    def _count_unstarted(self, job: Job) -> None:
        self.counts.ended[job.type_name, job.definition.name, status_of(Outcome.CANCELLED)] += 1

    def _take_out(self, job: Job, queue: deque[Job]) -> None:
        queue.remove(job)
        if job.repair:
            self._repairs_waiting -= 1

    def _free(self) -> int:
        lent = max(0, self._taken_urgent - self._settings.urgent_slots)
        return self._settings.action_slots - sum(self._taken.values()) - lent

    def _start(self, job: Job) -> None:
        if job.lane:
            self._taken_urgent += 1
            self._repairs_in_lane += job.repair
        else:
            self._taken[job.type_name] = self._taken.get(job.type_name, 0) + 1
        if job.reported:
            self._post(ActionQueued(*job.key, job.id, waits=False))
        job.started_at = self._loop.time()
        self.counts.wait.add(job.started_at - job.queued_at)
        self._running[job.id] = job
        job.task = self._loop.create_task(
            _run(job), name=task_name(job.definition.name, job.key[0])
        )
        # A callback, and no `finally` in the task: it comes also when the task was cancelled before
        # its first step, in which case none of its code ever runs, and the slot would stay taken.
        job.task.add_done_callback(lambda task: self._ended(job, task))
        job.timer = self._loop.call_later(job.definition.timeout, self._time_out, job)

    def _time_out(self, job: Job) -> None:
        job.timed_out = True
        self.counts.timed_out[job.type_name, job.definition.name] += 1
        self._press(job)
        timeout = job.definition.timeout
        self._loop.call_later((OVERDUE_AFTER - 1) * timeout, self._report_overdue, job)
        self._loop.call_later((STUCK_AFTER - 1) * timeout, self._give_up, job)

    def _press(self, job: Job) -> None:
        """Cancel, and again until the task ends: one cancel can be swallowed."""
        if job.task is not None and not job.task.done():
            job.task.cancel()
            self._loop.call_later(1.0 if job.given_up else AGAIN, self._press, job)

    def _report_overdue(self, job: Job) -> None:
        if job.task is None or job.task.done():
            return
        timeout = job.definition.timeout
        text = (
            f"ignores its cancellation: it has not ended after {OVERDUE_AFTER * timeout:g} s, "
            f"and is given up after {STUCK_AFTER * timeout:g} s"
        )
        self._post(ActionOverdue(*job.key, job.id, text))

    def _give_up(self, job: Job) -> None:
        if job.task is None or job.task.done():
            return
        job.given_up = True
        self.stuck += 1
        self._free_slot(job)
        self._count(job, Outcome.STUCK)
        seconds = STUCK_AFTER * job.definition.timeout
        self._post(
            ActionEnded(*job.key, job.id, Outcome.STUCK, f"has not ended after {seconds:.0f} s")
        )
        self._fill()

    def _free_slot(self, job: Job) -> None:
        if job.lane:
            self._taken_urgent -= 1
            self._repairs_in_lane -= job.repair
            return
        self._taken[job.type_name] -= 1
        if not self._taken[job.type_name]:
            del self._taken[job.type_name]

    def _ended(self, job: Job, task: asyncio.Task[Any]) -> None:
        del self._running[job.id]
        if job.timer is not None:
            job.timer.cancel()
        error = None if task.cancelled() else task.exception()
        if job.given_up:
            self._post(ActionUnstuck(*job.key, job.id))
            return
        self._free_slot(job)
        result = self._result(job, task, error)
        self._count(job, result.outcome)
        self._post(result)
        self._fill()

    def _count(self, job: Job, outcome: Outcome) -> None:
        took = self._loop.time() - job.started_at
        self.counts.executed(job.type_name, job.definition.name, status_of(outcome), took)

    def _result(
        self, job: Job, task: asyncio.Task[Any], error: BaseException | None
    ) -> ActionEnded:
        if job.timed_out:
            seconds = job.definition.timeout
            return ActionEnded(
                *job.key, job.id, Outcome.TIMED_OUT, f"took longer than {seconds:g} s"
            )
        if job.cancelled:
            return ActionEnded(*job.key, job.id, Outcome.CANCELLED)
        if task.cancelled():
            return ActionEnded(*job.key, job.id, Outcome.FAILED, FROM_INSIDE)
        if error is not None:
            permanent = isinstance(error, PermanentError)
            return ActionEnded(*job.key, job.id, Outcome.FAILED, error_text(error), permanent)
        return ActionEnded(*job.key, job.id, Outcome.SUCCEEDED, result=task.result())


async def _run(job: Job) -> Any:
    try:
        return await job.call()
    except (SystemExit, KeyboardInterrupt) as error:
        # asyncio would end the loop, and with it every other worker's actions and collections.
        raise PermanentError(f"{type(error).__name__} was raised by an action") from error
