"""The core: a synchronous machine that is handed events and answers with instructions.

The runtime calls `handle` with what happened, `run` to decide, `take` for what is to be done, and
sleeps until `deadline`. Nothing in here waits, does I/O or reads a clock: `now` is handed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.events import Event
from fsmv2.core.contract.instructions import Instruction
from fsmv2.core.handlers import FOR_EACH, HANDLERS, TIMERS
from fsmv2.core.life import stop
from fsmv2.core.policy import author_errors, overrides
from fsmv2.core.state.fan_out import AT_ONCE
from fsmv2.core.state.override_data import overrides_from_json
from fsmv2.core.state.store_state import StoreState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.core.tick import tick

RESYNC = Cause("resync")

GLOBALS = Cause("variables", "global")

TIMERS_AT_ONCE = 512
"""Timers fired between two ticks: a slice keeps its 5 ms, also after a long sleep. H51"""


class Core(Tree):
    """A tree that is driven: it is handed events, ticks who is dirty, and gives instructions."""

    for_each_functions = FOR_EACH

    # ---- what the runtime calls ------------------------------------------------------------

    def keep(self, known: Mapping[str, float], asked: Mapping[str, str]) -> None:
        """There is a store: it knows these paths since those Unix seconds, and what was asked.

        Called once, before the tree is declared. Of each path, what `SaveOverrides` has of it.
        """
        self.store = StoreState(known)
        self.overrides = {path: overrides_from_json(text) for path, text in asked.items()}
        if self.log is not None:
            self.log.levels_asked(overrides.log_levels(self.overrides))

    def clock_was_set(self, epoch: float, now: float) -> None:
        """The wall clock was set, or the machine slept: `epoch` is that of core time 0 from now on.

        What ends after a while keeps the time that it has left. H50
        """
        self.now = max(self.now, now)
        by, self.epoch = epoch - self.epoch, epoch
        overrides.clock_was_set(self, by)

    def handle(self, event: Event, now: float) -> None:
        """Take note of one fact; decides nothing yet, only marks who must look."""
        # Never back: events come from threads, each with a reading of the clock of its own, and a
        # timer or an age that was right a moment ago must not become wrong.
        self.now = max(self.now, now)
        try:
            HANDLERS[type(event)](self, event)
        except ANY_RAISED as error:
            s = self.by_path.get(getattr(event, "path", "")) or self.root
            if s is None:
                raise
            author_errors.count(self, s, f"the event {type(event).__name__}", error)

    def run(self, now: float, *, enough: Callable[[], bool] | None = None) -> bool:
        """Tick what is dirty, parents first; stop early when `enough()` says so.

        Returns whether something is left. In one sweep each level is done before the next, so the
        changes of many children reach their parent as one tick with many causes.
        """
        self.now = max(self.now, now)
        more_due = self._fire_timers(None if enough is None else TIMERS_AT_ONCE)
        # The turn that is measured next, if any: a tick that is not pays for one comparison.
        measured = math.inf if self.observer is None else self.observer.next_turn
        while self._dirty_count or self.fan_out:
            turn = self.turns = self.turns + 1
            # Ticks first as long as there are many: a round that marks a hundred thousand would
            # otherwise put all of them in the queues before the first one is looked at.
            if self.fan_out and self._dirty_count < AT_ONCE:
                self.fan_out_some()
            elif turn < measured:
                self._tick(self._next())
            else:
                measured = self._measured_tick(self._next(), turn)
            if enough is not None and enough() and (self._dirty_count or self.fan_out):
                # The next slice goes on at this level, or a parent that is marked in every slice
                # would starve the levels below it; and with no more of it than there are now, or
                # a worker that is marked in every slice would starve the parents above it.
                if self._left is None and self._level < len(self._dirty):
                    self._left = len(self._dirty[self._level])
                return True
        self._level, self._left = 0, None
        return more_due

    def advance(self, now: float) -> None:
        """Move the clock, and mark who has a timer due; ticks nobody."""
        self.now = max(self.now, now)
        self._fire_timers()

    def skip(self, runs: int, now: float) -> None:
        """What so many calls of `run` do while it is `quiet`, at once: a replay of a calm month."""
        if runs > 0:
            self.now = max(self.now, now)
            self._serial += runs  # each gives one; see `_fire_timers`

    def check_dirty(self, levels: int) -> None:
        """ValueError when it is not as many as are counted: `run` would look for one forever.

        Nor may one of so many `levels` be missing.
        """
        listed = {s.path for level in self._dirty for s in level if s.dirty}
        if len(listed) != self._dirty_count:
            raise ValueError(f"{self._dirty_count} are to be ticked, and {len(listed)} are listed")
        if len(self._dirty) < levels:
            raise ValueError(f"{levels} levels have supervisors, and {len(self._dirty)} are kept")

    def drain(self, top: Supervisor) -> int:
        """Tick only what is dirty in the subtree of `top`; returns the number of ticks."""
        before = self.counters.ticks
        while top.dirty_below or self.fan_out:
            while self.fan_out:
                self.fan_out_some()
            level = top.depth
            while level < len(self._dirty):
                # Over a copy, as a tick may mark more at this level; those are met by the next
                # round.
                for supervisor in list(self._dirty[level]):
                    if supervisor.dirty and _is_below(supervisor, top):
                        self._unmark(supervisor)
                        self._tick(supervisor)
                # Who only ever drains by hand must not gather what has been ticked long ago.
                self._dirty[level] = deque(s for s in self._dirty[level] if s.dirty)
                level += 1
        return self.counters.ticks - before

    def take(self) -> list[Instruction]:
        """The instructions since the last call, in order."""
        taken, self._instructions = self._instructions, []
        return taken

    def deadline(self) -> float | None:
        """When `run` must be called again even if no event comes; None: never.

        Called after each run, as it also drops timers that were replaced.
        """
        due = self._timers.first()
        if self.by_path:
            due = self._resync_at if due is None else min(due, self._resync_at)
        return due

    def quiet(self, now: float) -> bool:
        """Whether `run` would do nothing at `now`: nobody is dirty, nothing is due."""
        if self._dirty_count or self.fan_out:
            return False
        due = self.deadline()
        return due is None or due > now

    @property
    def finished(self) -> bool:
        """Whether a stop has been carried out to the end: nothing lives, all is released."""
        return self.stopping and not self.by_path and not self.fences

    # ---- inside -----------------------------------------------------------------------------

    def _tick(self, supervisor: Supervisor) -> None:
        self.ticking = supervisor
        try:
            tick(self, supervisor)
        except ANY_RAISED as error:
            # What author code may raise is contained where it is called; this is the rest, such as
            # an `__eq__` that raises. One worker's fault must not end the supervision of all.
            if self.by_path.get(supervisor.path) is supervisor:
                author_errors.count(self, supervisor, "a tick", error)
                self._stop_all_the_same(supervisor)
        self.ticking, self.deciding = None, 0

    def _measured_tick(self, supervisor: Supervisor, turn: int) -> float:
        """The same, and how long it takes; returns which turn is measured next."""
        observer = self.observer
        if observer is None:  # taken away meanwhile
            self._tick(supervisor)
            return math.inf
        began = observer.now()
        self._tick(supervisor)
        observer.ticked(turn, observer.now() - began)
        return observer.next_turn

    def _stop_all_the_same(self, s: Supervisor) -> None:
        """Carry a stop on although its tick did not come that far: forced with an open breaker."""
        try:
            stop.pass_stop_down(self, s)
            stop.advance(self, s)
        except ANY_RAISED as error:
            author_errors.count(self, s, "its stop", error)

    def _next(self) -> Supervisor:
        rounds = 0
        while True:
            if self._level >= len(self._dirty):
                self._level = 0
                rounds += 1
                if rounds > 1:  # each level was looked at, and who marks one while we look?
                    counted, self._dirty_count = self._dirty_count, 0
                    raise RuntimeError(f"{counted} are to be ticked, and none is listed")
            bucket = self._dirty[self._level]
            while bucket and self._left != 0:
                if self._left is not None:
                    self._left -= 1
                supervisor = bucket.popleft()
                if supervisor.dirty:
                    self._unmark(supervisor)
                    return supervisor
            self._level, self._left = self._level + 1, None

    def _fire_timers(self, most: int | None = None) -> bool:
        """Fire what is due; returns whether that was cut short at `most`."""
        began = self.serial()
        if self.by_path and self._resync_at <= self.now:
            self._resync()
        # One that is set meanwhile has a later serial and waits for the next run: a timer that sets
        # itself for now would otherwise never let this loop end.
        fired = 0
        while (due := self._timers.pop(self.now, began)) is not None:
            supervisor, kind, counts = due
            try:
                if counts:
                    TIMERS[kind](self, supervisor)
            except ANY_RAISED as error:  # author code in a comparison
                author_errors.count(self, supervisor, f"the timer {kind}", error)
            fired += 1
            if fired == most:
                return True
        return False

    def _resync(self) -> None:
        """Mark the next few of a slow round over everyone; a whole round takes `resync` seconds."""
        ring = self._resync_ring
        period = 1.0
        looks = max(1, round(len(ring) * period / self.settings.resync))
        while ring and looks:
            supervisor = ring.popleft()
            if self.by_path.get(supervisor.path) is supervisor:  # else it was removed meanwhile
                looks -= 1
                ring.append(supervisor)
                if not supervisor.dirty:
                    self.mark(supervisor, RESYNC)
        # Few workers: one of them each resync/n seconds; many: a batch each second.
        self._resync_at = self.now + max(period, self.settings.resync / max(1, len(ring)))


def _is_below(supervisor: Supervisor, top: Supervisor) -> bool:
    above: Supervisor | None = supervisor
    while above is not None and above.depth >= top.depth:
        if above is top:
            return True
        above = above.parent
    return False
