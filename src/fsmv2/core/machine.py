"""The core: a synchronous machine that is handed events and answers with instructions.

The runtime calls `handle` with what happened, `run` to decide, `take` for what is to be done, and
sleeps until `deadline`. Nothing in here waits, does I/O or reads a clock: `now` is handed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.containment import ANY_RAISED
from fsmv2.core import breaker, lifecycle, secrets, siblings, waiting
from fsmv2.core.conditions import Condition
from fsmv2.core.counters import Counters
from fsmv2.core.durable import Durable
from fsmv2.core.events import OBSERVATION, Event
from fsmv2.core.instructions import Instruction, Report, ReportKind
from fsmv2.core.pace import Pace
from fsmv2.core.pausing import Pause
from fsmv2.core.reactions import HANDLERS, TIMERS, WORDS
from fsmv2.core.records import Cause
from fsmv2.core.settings import EngineSettings
from fsmv2.core.spread import AT_ONCE, Spread
from fsmv2.core.supervisor import NOTHING, Supervisor
from fsmv2.core.tick import tick
from fsmv2.core.timers import Timers
from fsmv2.core.tuning import tuned
from fsmv2.spec.frozen import EMPTY, FrozenDict
from fsmv2.worker import RegisteredType, WorkerFactory

RESYNC = Cause("resync")

GLOBALS = Cause("variables", "global")

TIMERS_AT_ONCE = 512
"""Timers fired between two ticks: a slice keeps its 5 ms, also after a long sleep. H51"""


class Core:
    """All supervisors of one tree, which of them are dirty, and their timers."""

    words = WORDS

    def __init__(
        self,
        factory: WorkerFactory,
        settings: EngineSettings | None = None,
        *,
        seed: int = 0,
        epoch: float = 0.0,
        guard: bool = False,
    ) -> None:
        """`seed` draws the jitter; `epoch` is the wall time, in Unix seconds, of core time 0.

        `guard`: at each resync, check that derive and step are pure, by asking them twice.
        """
        self.factory = factory
        self.settings = settings or EngineSettings()
        self.seed = seed
        self.epoch = epoch
        self.guard = guard
        self.now = 0.0
        self.counters = Counters()
        self.global_variables: Mapping[str, Any] = NOTHING
        self.spread = Spread()
        self.root: Supervisor | None = None
        self.by_path: dict[str, Supervisor] = {}
        self.dependents: dict[str, dict[str, Supervisor]] = {}
        self.circular: set[str] = set()
        self.uncovered: set[tuple[str, ...]] = set()
        self.fences: dict[str, set[int]] = {}
        self.open_circuits = 0
        self.paused: dict[str, Pause] = {}
        self.durable: Durable | None = None
        self.secrets = secrets.Secrets()
        self.stopping = False
        self.stalled_by: str | None = None
        self.silent_from = 0.0
        self.ticking: Supervisor | None = None
        self.pace = Pace(self.settings)
        self._tuned: dict[str, RegisteredType] = {}
        self.tick_id = 0
        self.turns = 0
        self._instructions: list[Instruction] = []
        self._dirty: list[deque[Supervisor]] = [deque()]
        self._dirty_count = 0
        self._level = 0
        self._timers = Timers()
        self._serial = 0
        self._resync_ring: deque[Supervisor] = deque()
        self._resync_at = 0.0

    # ---- what the runtime calls ------------------------------------------------------------

    def handle(self, event: Event, now: float) -> None:
        """Take note of one fact; decides nothing yet, only marks who must look."""
        self.now = max(self.now, now)
        try:
            HANDLERS[type(event)](self, event)
        except ANY_RAISED as error:
            s = self.by_path.get(getattr(event, "path", "")) or self.root
            if s is None:
                raise
            breaker.note(self, s, f"the event {type(event).__name__}", error)

    def run(self, now: float, *, enough: Callable[[], bool] | None = None) -> bool:
        """Tick what is dirty, parents first; stop early when `enough()` says so.

        Returns whether something is left. In one sweep each level is done before the next, so the
        changes of many children reach their parent as one tick with many causes.
        """
        self.now = max(self.now, now)
        more_due = self._fire_timers(None if enough is None else TIMERS_AT_ONCE)
        while self._dirty_count or self.spread:
            self.turns += 1
            if self.spread and self._dirty_count < AT_ONCE:
                self.spread.some(self)
            else:
                self._tick(self._next())
            if enough is not None and enough() and (self._dirty_count or self.spread):
                return True
        self._level = 0  # the next sweep begins with the parents again
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
        """ValueError when it is not as many as are counted: `run` would look for one for ever.

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
        while top.dirty_below or self.spread:
            while self.spread:
                self.spread.some(self)
            level = top.depth
            while level < len(self._dirty):
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
        if self._dirty_count or self.spread:
            return False
        due = self.deadline()
        return due is None or due > now

    @property
    def finished(self) -> bool:
        """Whether a stop has been carried out to the end: nothing lives, all is released."""
        return self.stopping and not self.by_path and not self.fences

    # ---- what the other files of the core call ----------------------------------------------

    def wall(self) -> float:
        """Unix seconds of core time now."""
        return self.epoch + self.now

    def type_named(self, name: str) -> RegisteredType:
        """A worker type, as the settings want it; UnknownWorkerTypeError if there is none."""
        found = self.factory.find(name)
        if not self.settings.types:
            return found
        if name not in self._tuned:
            self._tuned[name] = tuned(found, self.settings.types)
        return self._tuned[name]

    def emit(self, instruction: Instruction) -> None:
        """Ask the runtime for something."""
        self._instructions.append(instruction)

    def report(
        self, kind: ReportKind, supervisor: Supervisor, text: str, *, level: str = "info"
    ) -> None:
        """Tell operators something about a supervisor."""
        self._instructions.append(
            Report(kind, supervisor.path, text, self.now, self.tick_id, level, supervisor.state)
        )

    def mark(self, supervisor: Supervisor, cause: Cause) -> None:
        """Have a supervisor ticked, because of `cause`; all causes of one tick are kept (H53)."""
        causes = supervisor.causes
        if causes is None:
            supervisor.causes = [cause]
        elif len(causes) < self.settings.causes_per_tick:
            causes.append(cause)
        else:
            supervisor.more_causes += 1
        if not supervisor.dirty:
            supervisor.dirty = True
            self._dirty_count += 1
            self._dirty[supervisor.depth].append(supervisor)
            above: Supervisor | None = supervisor
            while above is not None:
                above.dirty_below += 1
                above = above.parent

    def derive_again(self, supervisor: Supervisor, cause: Cause) -> None:
        """Have a supervisor derive in its next tick, because an input of it changed."""
        supervisor.derive_due = True
        self.mark(supervisor, cause)

    def set_globals(self, global_variables: Mapping[str, Any]) -> None:
        """The fleet-wide variables are these from now on; everybody is told."""
        self.global_variables = FrozenDict(global_variables)  # all workers share it
        self.spread.each(self, self.by_path.values(), "derive", GLOBALS)

    def set_timer(self, supervisor: Supervisor, kind: str, due: float) -> None:
        """Fire `kind` at `due`; replaces the timer of this kind."""
        if supervisor.timers.get(kind) != due:
            self._timers.put(supervisor, kind, due, self.serial())

    def serial(self) -> int:
        """A number never given before by this core."""
        self._serial = given = self._serial + 1
        return given

    def admit(self, supervisor: Supervisor) -> None:
        """Take a new supervisor into the tree."""
        self.by_path[supervisor.path] = supervisor
        if not self._resync_ring:
            self._resync_at = self.now + self.settings.resync
        self._resync_ring.append(supervisor)
        while len(self._dirty) <= supervisor.depth:
            self._dirty.append(deque())
        siblings.relink(self, supervisor)

    def forget(self, supervisor: Supervisor) -> None:
        """Take a supervisor out of the tree; what still refers to it is dropped when met."""
        del self.by_path[supervisor.path]
        if self.durable is not None:
            self.durable.left(self, supervisor)
        supervisor.timers.clear()
        supervisor.children = supervisor.statuses = EMPTY  # they refer back: leave no cycle
        supervisor.reconciling = supervisor.releasing = None
        self.paused.pop(supervisor.path, None)
        self.pace.done(supervisor.path)
        if supervisor.dirty:
            self._unmark(supervisor)
        self._unlink(supervisor)
        if self.circular:
            waiting.depends_less(self)

    def link(self, supervisor: Supervisor, upstream: tuple[str, ...]) -> None:
        """Note the supervisor with the paths it waits for, instead of with those of before."""
        fewer = bool(supervisor.upstream)
        self._unlink(supervisor)
        supervisor.upstream = upstream
        for path in upstream:
            self.dependents.setdefault(path, {})[supervisor.path] = supervisor
        if upstream or self.circular:
            waiting.depends(self, supervisor)
        if fewer and self.circular:
            waiting.depends_less(self)

    def _unlink(self, supervisor: Supervisor) -> None:
        for path in supervisor.upstream:
            among = self.dependents.get(path)
            if among is not None:
                among.pop(supervisor.path, None)
                if not among:
                    del self.dependents[path]

    def find(self, path: str, incarnation: int, what: str) -> Supervisor | None:
        """The live supervisor a result is for, or None: of an older incarnation, or removed.

        `what` names the result when it is dropped.
        """
        supervisor = self.by_path.get(path)
        if supervisor is None or supervisor.incarnation != incarnation:
            self.counters.dropped += 1  # H55, H56
            now = f"incarnation {supervisor.incarnation} is there" if supervisor else "it is gone"
            text = f"{what} of incarnation {incarnation} arrived late, {now}: discarded"
            state = supervisor.state if supervisor is not None else ""
            # What is seen while its tasks are still ending is nothing to look after.
            usual = what == OBSERVATION and incarnation in self.fences.get(path, ())
            level = "debug" if usual else "info"
            self._instructions.append(
                Report("dropped", path, text, self.now, self.tick_id, level, state)
            )
            return None
        return supervisor

    def set_condition(
        self, s: Supervisor, type_: str, reason: str, *, status: str = "False"
    ) -> None:
        """Note that something about `s` is not as it should be; reported when it is new."""
        conditions = s.conditions
        if conditions is None:
            conditions = s.conditions = {}
        old = conditions.get(type_)
        if old is None or old.reason != reason or old.status != status:
            since = self.now if old is None or old.status != status else old.since
            conditions[type_] = Condition(type_, status, reason, since)
            self.report("condition", s, f"{type_}={status}: {reason}", level="warning")

    def clear_condition(self, s: Supervisor, type_: str) -> None:
        """Note that it is as it should be again."""
        if s.conditions is not None and s.conditions.pop(type_, None) is not None:
            self.report("condition", s, f"{type_}=True")
            if not s.conditions:
                s.conditions = None

    # ---- inside -----------------------------------------------------------------------------

    def _tick(self, supervisor: Supervisor) -> None:
        self.ticking = supervisor
        try:
            tick(self, supervisor)
        except ANY_RAISED as error:
            # What author code may raise is contained where it is called; this is the rest, such as
            # an `__eq__` that raises. One worker's fault must not end the supervision of all.
            if self.by_path.get(supervisor.path) is supervisor:
                breaker.note(self, supervisor, "a tick", error)
                self._stop_all_the_same(supervisor)
        self.ticking = None

    def _stop_all_the_same(self, s: Supervisor) -> None:
        """Carry a stop on although its tick did not come that far: forced with an open breaker."""
        try:
            lifecycle.pass_stop_down(self, s)
            lifecycle.advance(self, s)
        except ANY_RAISED as error:
            breaker.note(self, s, "its stop", error)

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
            while bucket:
                supervisor = bucket.popleft()
                if supervisor.dirty:
                    self._unmark(supervisor)
                    return supervisor
            self._level += 1

    def _unmark(self, supervisor: Supervisor) -> None:
        supervisor.dirty = False
        self._dirty_count -= 1
        above: Supervisor | None = supervisor
        while above is not None:
            above.dirty_below -= 1
            above = above.parent

    def _fire_timers(self, most: int | None = None) -> bool:
        """Fire what is due; returns whether that was cut short at `most`."""
        began = self.serial()
        if self.by_path and self._resync_at <= self.now:
            self._resync()
        # One set meanwhile waits for the next run, so that no timer can set itself for ever.
        fired = 0
        while (due := self._timers.pop(self.now, began)) is not None:
            supervisor, kind, counts = due
            try:
                if counts:
                    TIMERS[kind](self, supervisor)
            except ANY_RAISED as error:  # author code in a comparison
                breaker.note(self, supervisor, f"the timer {kind}", error)
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
