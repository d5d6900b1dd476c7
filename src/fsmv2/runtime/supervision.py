"""The core on its loop: events in batches, slices of at most 5 ms, one timer, reports to listeners.

Called by the runtime and the simulation; everything but `post` runs on the supervision loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import get_args

from fsmv2.containment import ANY_RAISED
from fsmv2.core import (
    Core,
    DeleteStored,
    Event,
    ForceRequested,
    Instruction,
    LeaveRequested,
    PauseRequested,
    Report,
    Save,
    SaveObserved,
    SaveOverrides,
    StopPathRequested,
    StopRequested,
    StoreInstruction,
)
from fsmv2.core.checkpoint.take import Checkpoint
from fsmv2.core.policy.permission import refusal
from fsmv2.errors import error_text
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.core_copies import CoreCopies
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.journal.recorder import Recorder

BEAT = 1.0
"""Seconds; who sleeps longer cannot know, when an event wakes it, if it was stopped (H50)."""

CLOCK_TOLERANCE = 1.0
"""Seconds by which the wall clock may differ from that of the core before it is followed."""

LEAST = 1e-6
"""Seconds of the shortest wait: a nearer deadline may be rounded away, and would never come."""

TICKS = 10_000
"""Ticks of a slice on a virtual clock; a core that ticks forever must not hang a simulation."""

DECIDING = 0.75
"""Share of a slice after which no further tick begins: the last one has its time, what was decided
is passed on, and a collection of young garbage may fall into it."""

COPYING = 0.3
"""The same of a slice that copies the core, for a plan or a journal: nothing waits for the end of
such a slice but the next one, and so it need not be longer than those of a quiet tree."""

REST, MOST_REST = 0.001, 0.01
"""Seconds of rest before a slice that follows another, while who goes first is busy: it is looked
at so often, and waited for so long at most."""

AFTER_A_FAULT = 0.1
"""Seconds until supervision retries after a slice that raised: no busy loop, no pause."""

TRUSTED = 5.0
"""Seconds for which the last decisions count when no further ones are made: after them nothing is
written, since nobody could hold it. Five beats, so that a busy machine does not refuse by itself,
and as long as a command may wait."""

Hold = PauseRequested | StopPathRequested | StopRequested | ForceRequested | LeaveRequested
HOLDS = frozenset(get_args(Hold))
"""Events that hold writes from the moment they are asked, not only when their turn comes.

Looked up by class, as are those below: for a class of data `isinstance` takes ten times as long,
and this is asked of each observation and each instruction.
"""

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, unlike the loop's: what was decided before a sleep is old."""

STORED = frozenset({Save, SaveOverrides, SaveObserved, DeleteStored})

Deliver = Callable[[list[Instruction]], None]
Keep = Callable[[list[StoreInstruction]], None]
Listener = Callable[[Report], None]


class Supervision:
    """Feeds one core, and passes on what it asks."""

    def __init__(
        self,
        core: Core,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        deliver: Deliver,
        *,
        beat: float | None = BEAT,
        save: Keep | None = None,
        recorder: Recorder | None = None,
        durations: Durations | None = None,
        wall: Callable[[], float] | None = None,
    ) -> None:
        """`beat`: seconds after which it wakes even if nothing is due; None on a virtual clock.

        Slices end there by ticks, not by time: what happens must not depend on the machine's pace.
        `save` is handed what a store is to keep, and must be quick. `recorder` notes everything,
        and `durations` measures how long it takes. `wall`: the wall clock, in Unix seconds, which
        is followed when it is set.
        """
        self.core = core
        self._beat = beat
        self.finished = asyncio.Event()
        self._clock = clock
        self._wall = wall
        self.clock_set_by = 0.0
        """Seconds by which a virtual wall clock was set forward since the last slice."""
        self._loop = loop
        self._deliver = deliver
        self._save = save
        self.recorder = recorder
        self.durations = core.observer = durations
        self._goes_first: Callable[[], bool] = lambda: False
        self._goes_on = False
        self._listeners: list[Listener] = []
        self._inbox: deque[Event] = deque()
        self._handled = 0
        self._copies = CoreCopies(core)
        self._asked_to_hold: tuple[Hold, ...] = ()
        self._hold_lock = threading.Lock()
        self._closed = False
        self._decided_at = time.clock_gettime(CLOCK)
        self.progressed_at = time.monotonic()
        """When it last came to the end of a slice: proof that it decides. Read by any thread."""
        self._awake = False
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self.slices = 0
        self.slicing_since: float | None = None
        """When the slice that is going on began, by `time.perf_counter`; read by another thread."""
        self.slice_cpu = 0.0
        self.longest_slice = 0.0

    def post(self, event: Event) -> None:
        """Hand over one event, from any thread; those of one moment are handled together."""
        if type(event) in HOLDS and isinstance(event, Hold):
            with self._hold_lock:
                # A new tuple, not a list that grows: `refusal` reads it on other threads without a
                # lock.
                self._asked_to_hold += (event,)
        self._inbox.append(event)
        # Appended before the flag is read, and the slice clears the flag before it reads the inbox:
        # whichever of the two comes first, the event is seen, without a lock that every observation
        # would take. Two threads may both find the flag clear; a slice too many does no harm.
        if not self._awake:
            self._awake = True
            self._loop.call_soon_threadsafe(self._begin, MOST_REST if self._goes_on else 0.0)

    def waits(self, event: Event) -> bool:
        """Whether an event that was posted is still to be handled; on the supervision loop."""
        return any(one is event for one in self._inbox)

    async def copied(self) -> Checkpoint:
        """The core at one moment, with all that was posted before; on the supervision loop.

        FsmError: supervision has ended.
        """
        copy = self._copies.want(self._handled + len(self._inbox))
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self.slice)
        return await copy

    def refusal(self, path: str, incarnation: int) -> str:
        """Why this worker may change nothing in the world now; '' when it may. From any thread.

        In doubt it may not: what is not known to be allowed is refused.
        """
        if self._closed:
            return "its supervision has ended"
        silent = time.clock_gettime(CLOCK) - self._decided_at
        if self._beat is not None and silent > TRUSTED:
            return f"its supervision has not answered for {silent:.0f} s"
        for event in self._asked_to_hold:
            if isinstance(event, StopRequested | ForceRequested | LeaveRequested):
                return f"stop requested by {event.who}"
            if path == event.path or path.startswith(f"{event.path}/"):
                what = "pause" if isinstance(event, PauseRequested) else "stop"
                return f"{what} requested by {event.who}" + ": " * bool(event.reason) + event.reason
        try:
            return refusal(self.core, path, incarnation)
        except ANY_RAISED as error:  # whatever it is, nobody has allowed it
            return f"whether it may cannot be determined: {error_text(error)}"

    def paused(self, path: str) -> bool:
        """Whether a pause of this path or one above is in force or asked for. From any thread."""
        for event in self._asked_to_hold:
            if isinstance(event, PauseRequested) and f"{path}/".startswith(f"{event.path}/"):
                return True
        above, overrides = path, self.core.overrides
        while overrides and above:
            found = overrides.get(above)
            if found is not None and found.pause is not None:
                return True
            above = above.rpartition("/")[0]
        return False

    @property
    def behind(self) -> bool:
        """Whether there is something to decide that has not been; from any thread."""
        return self._awake or self._timer is None  # in a slice it has none

    def gives_way_to(self, busy: Callable[[], bool]) -> None:
        """Rest between slices while `busy`, for a moment: what moves data is not to be late."""
        self._goes_first = busy

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every report, on the supervision loop; it must be quick."""
        self._listeners.append(listener)

    def announce(self, report: Report) -> None:
        """Report to all listeners; on the supervision loop."""
        for listener in self._listeners:
            try:
                listener(report)
            except ANY_RAISED as error:  # the caller's code
                self._complain("a listener of reports raised", error)

    def slice(self) -> None:
        """Handle what came in, decide for a while, pass instructions on, plan the next slice."""
        measured = self._beat is not None  # a slice of virtual time takes none
        began, began_cpu = time.perf_counter(), time.thread_time() if measured else 0.0
        woke_at = self._loop.time()
        if self._due is not None:
            self._clock.woke(woke_at - self._due)
        if self._timer is not None:
            self._timer.cancel()
        # Cleared before the inbox is read: an event posted from here on schedules a slice itself.
        self._awake, self._timer, self._due = False, None, None
        core, now, enough = self.core, self._clock.now(), self._enough(began)
        self.slice_cpu, self.slicing_since = began_cpu, began
        try:
            copied = self._enough(began, COPYING)
            ready = self._recorder_ready(copied) and self._copies.ready(copied, self._handled)
            more = not ready or self._decide(now, enough)
        except ANY_RAISED as error:
            # A mistake of ours, as all other code is contained where it is called. What is left is
            # decided a moment later, and what has been asked for is passed on then.
            self._complain("a slice of supervision raised", error)
            self._timer = self._loop.call_later(AFTER_A_FAULT, self.slice)
            return
        finally:
            self.slicing_since = None
        self.slices += 1
        if self.durations is not None:
            self.durations.slice_ends(began, more=more)
        # Of the processor: what waiting for the interpreter's lock adds is not the core's doing.
        if measured:
            self.longest_slice = max(self.longest_slice, time.thread_time() - began_cpu)
        self._decided_at = time.clock_gettime(CLOCK)
        self.progressed_at = time.monotonic()
        if core.finished:
            self.finished.set()
        # A slice takes milliseconds; one that took seconds was stopped in its middle. H50
        self._clock.woke(self._loop.time() - woke_at)
        deadline = core.deadline()
        self._goes_on = bool(more or self._inbox or self._copies.wanted)
        if self._goes_on:
            self._due = self._loop.time()
            # One that was posted meanwhile has scheduled it. With another each time there would be
            # more and more slices in the queue of the loop, and whoever else waits in it, a request
            # say, would wait for all of them.
            if not self._awake:
                self._awake = True
                self._loop.call_soon(self._begin, MOST_REST)
            return
        if deadline is not None:
            wait = max(LEAST, deadline - now) if deadline > now else 0.0
            if self._beat is not None:
                wait = min(wait, self._beat)
            self._due = self._loop.time() + wait
            self._timer = self._loop.call_at(self._due, self.slice)

    def _begin(self, rest: float) -> None:
        """Begin a slice, once who goes first is idle, or these seconds of rest are over."""
        if rest > 0 and self._goes_first():
            self._loop.call_later(REST, self._begin, rest - REST)
        else:
            self.slice()

    def _recorder_ready(self, enough: Callable[[], bool]) -> bool:
        """Whether the recorder, if any, has seen all that was; one that fails is done without."""
        try:
            return self.recorder is None or self.recorder.ready(enough)
        except ANY_RAISED as error:  # author data that cannot be copied
            self._without_recorder(error)
            return True

    def _without_recorder(self, error: BaseException) -> None:
        self.recorder = None
        self._complain("what happens is no longer recorded: recording raised", error)

    def _decide(self, now: float, enough: Callable[[], bool]) -> bool:
        """Hand the core what came in, and pass on what it asks; whether something is left."""
        core, inbox = self.core, self._inbox
        self._follow_clock(now)
        handled: list[Event] = []
        while inbox:
            event = inbox.popleft()
            self._handled += 1
            handled.append(event)
            try:
                core.handle(event, now)
            except ANY_RAISED as error:  # one bad event must not end supervision
                self._complain(f"the event {type(event).__name__} could not be handled", error)
            if type(event) in HOLDS:
                with self._hold_lock:
                    self._asked_to_hold = tuple(e for e in self._asked_to_hold if e is not event)
            if enough():
                break
        quiet = self.recorder is not None and not handled and core.quiet(now)
        turns = core.turns
        more = core.run(now, enough=enough)
        instructions = core.take()
        if self.recorder is not None:
            turns = core.turns - turns
            try:
                self.recorder.record_slice(
                    now, handled, instructions, turns=turns, more=more, quiet=quiet
                )
            except ANY_RAISED as error:
                self._without_recorder(error)
        self._pass_on(instructions)
        return more

    def _follow_clock(self, now: float) -> None:
        """Have the core know when the wall clock was set, or the machine has slept."""
        set_by, self.clock_set_by = self.clock_set_by, 0.0
        if self._wall is not None:
            set_by = self._wall() - (self.core.epoch + now)
        if abs(set_by) > CLOCK_TOLERANCE:
            self.core.clock_was_set(self.core.epoch + set_by, now)

    def _enough(self, began: float, share: float = DECIDING) -> Callable[[], bool]:
        """What shows that a slice has lasted long enough, for this share of it."""
        core = self.core
        if self._beat is None:
            most = core.counters.ticks + TICKS
            return lambda: core.counters.ticks >= most
        limit = began + share * core.settings.slice
        return lambda: time.perf_counter() > limit

    def close(self) -> None:
        """Plan no further slice."""
        self._closed = True
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._copies.close)
        if self._timer is not None:
            self._timer.cancel()
        self._awake = True  # a late `post` schedules nothing any more

    def _complain(self, message: str, error: BaseException) -> None:
        self._loop.call_exception_handler({"message": message, "exception": error})

    def _pass_on(self, instructions: list[Instruction]) -> None:
        work: list[Instruction] = []
        to_save: list[StoreInstruction] = []
        save = self._save
        for instruction in instructions:
            if type(instruction) is Report:
                self.announce(instruction)
            elif save is not None and type(instruction) in STORED:
                to_save.append(instruction)  # type: ignore[arg-type]  # one of STORED
            else:
                work.append(instruction)
        if to_save and save is not None:
            try:
                save(to_save)
            except ANY_RAISED as error:  # the rest is still to be delivered
                self._complain("what is to be stored could not be handed on", error)
        if work:
            self._deliver(work)
