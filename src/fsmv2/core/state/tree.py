"""The state of one tree, and the services that every decision uses; decides nothing itself.

The files of policy, life and phases are handed a `Tree`: they mark who has to look, set timers,
report and emit, and none of them can handle an event or run. `Core`, in `machine`, is a `Tree` that
can.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

from fsmv2.core.contract.events import OBSERVATION
from fsmv2.core.contract.instructions import Instruction, Report, ReportKind
from fsmv2.core.contract.log_events import ConditionChanged, LogEvent, WorkerError
from fsmv2.core.contract.observer import Observer
from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.contract.type_overrides import with_overrides
from fsmv2.core.state.claim_table import ClaimTable
from fsmv2.core.state.conditions import (
    OF_THE_WORKER,
    TOLD_BY_OTHERS,
)
from fsmv2.core.state.counters import CoreCounters
from fsmv2.core.state.fan_out import AT_ONCE, FanOut
from fsmv2.core.state.log_sink import LogSink
from fsmv2.core.state.override_data import Overrides
from fsmv2.core.state.pace import Pace
from fsmv2.core.state.parts import DecidedBy, SecretChanges
from fsmv2.core.state.store_state import StoreState
from fsmv2.core.state.supervisor import NOTHING, Supervisor
from fsmv2.core.state.tallies import Tallies
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.timers import Timers
from fsmv2.model.data.frozen import FrozenDict
from fsmv2.view.condition import Condition
from fsmv2.worker import Phase, RegisteredType, WorkerFactory

GLOBALS = Cause("variables", "global")

Do = Callable[["Tree", Supervisor, Cause], None]


class Tree(ABC):
    """All supervisors of one tree, which of them are dirty, and their timers."""

    for_each_functions: ClassVar[Mapping[str, Do]]
    """What can be done for many at once, by the names that a fan-out keeps."""

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
        self.counters = CoreCounters()
        self.tallies = Tallies()
        self.observer: Observer | None = None
        self.measuring: Observer | None = None
        """The observer, during the derives that are measured."""
        self.global_variables: Mapping[str, Any] = NOTHING
        self.fan_out = FanOut()
        self.root: Supervisor | None = None
        self.by_path: dict[str, Supervisor] = {}
        self.dependents: dict[str, dict[str, Supervisor]] = {}
        self.circular: set[str] = set()
        self.uncovered: set[tuple[str, ...]] = set()
        # By path, the incarnations whose tasks may still run. A released worker is forgotten at
        # once, but its tasks end when they end: until the runtime says so, a successor at this path
        # must not touch the same machine.
        self.fences: dict[str, set[int]] = {}
        self.claims = ClaimTable()
        self.open_circuits = 0
        # Also of paths at which nobody is: an operator may have to end them.
        self.overrides: dict[str, Overrides] = {}
        self.store: StoreState | None = None
        self.secrets = SecretChanges()
        self.stopping = False
        self.stalled_by: str | None = None
        self.silent_from = 0.0
        self.ticking: Supervisor | None = None
        self.pace = Pace(self.settings)
        self.log: LogSink | None = None
        self._overridden: dict[str, RegisteredType] = {}
        self.tick_id = 0
        self.deciding = 0
        """The id of the tick that goes on now; 0 between ticks, as when an event is handled."""
        self.turns = 0
        self._instructions: list[Instruction] = []
        # A queue for each level of the tree: parents come before their children, so that whatever
        # many children changed reaches their parent as one tick. A heap would order as well, at the
        # price of a comparison for each step of each entry.
        self._dirty: list[deque[Supervisor]] = [deque()]
        self._dirty_count = 0
        self._level = 0
        self._left: int | None = None
        """How many of that level come before the next one; None: all that are there."""
        self._timers = Timers()
        self._serial = 0
        # Everybody, in the order of the last look. A ring instead of "all, every 60 s", which would
        # be the one long slice that nothing else has; removed ones are dropped when met, since
        # taking one out of the middle would cost as much as the whole ring.
        self._resync_ring: deque[Supervisor] = deque()
        self._resync_at = 0.0

    @abstractmethod
    def drain(self, top: Supervisor) -> int:
        """Tick what is dirty at and below `top` until nothing is; the number of ticks."""

    def wall(self) -> float:
        """Unix seconds of core time now."""
        return self.epoch + self.now

    def type_named(self, name: str) -> RegisteredType:
        """A worker type, as the settings want it; UnknownWorkerTypeError if there is none."""
        found = self.factory.find(name)
        if not self.settings.types:
            return found
        if name not in self._overridden:
            self._overridden[name] = with_overrides(found, self.settings.types)
        return self._overridden[name]

    def emit(self, instruction: Instruction) -> None:
        """Ask the runtime for something."""
        self._instructions.append(instruction)

    def report(
        self,
        kind: ReportKind,
        supervisor: Supervisor,
        text: str,
        *,
        level: str = "info",
        event: LogEvent | None = None,
        logged: bool = True,
    ) -> None:
        """Tell operators something about a supervisor.

        The log has `event`, or a line named after the kind; not `logged`: another line says it.
        """
        report = Report(
            kind,
            supervisor.path,
            text,
            self.now,
            self.tick_id,
            level,
            supervisor.state,
            supervisor.declared.worker_type,
            event,
        )
        self._instructions.append(report)
        if self.log is not None and logged:
            if event is None:
                self.log.reported(report, supervisor)
            else:
                self.log.put(supervisor, event, text, self.tick_id)

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
            # Counted up to the root, which costs a step for each level, so that `tick()` of a quiet
            # subtree knows at once that nothing in it is to be done.
            above: Supervisor | None = supervisor
            while above is not None:
                above.dirty_below += 1
                above = above.parent

    def derive_again(self, supervisor: Supervisor, cause: Cause) -> None:
        """Have a supervisor derive in its next tick, because an input of it changed."""
        supervisor.derive_next_tick()
        self.mark(supervisor, cause)

    def set_globals(self, global_variables: Mapping[str, Any]) -> None:
        """The fleet-wide variables are these from now on; everybody derives."""
        self.global_variables = FrozenDict(global_variables)  # all workers share it
        self.for_each(self.by_path.values(), "derive", GLOBALS)

    def for_each(
        self,
        whom: Iterable[Supervisor],
        function: str,
        cause: Cause,
        *,
        below: bool = False,
    ) -> None:
        """Do it for each, and with `below` for all below them: the first at once, others later.

        What it does must go by how things are then, since they may have changed.
        """
        # The first few at once: in a tree of some hundred that is all of them, so that a change of
        # a variable is one turn there, as if there were no rounds at all.
        if self.fan_out.add(function, cause, whom, below=below):
            self.fan_out_some()

    def fan_out_some(self) -> None:
        """Do what is due next for the next few of those it concerns; the removed are left out."""
        oldest = self.fan_out.oldest
        do, left = self.for_each_functions[oldest.function], oldest.left
        for _ in range(AT_ONCE):
            if not left:
                break
            s = left.popleft()
            if self.by_path.get(s.path) is not s:
                continue
            if oldest.below:
                # Appended, and not walked into: what is left is a plain list at every moment, which
                # can be put down between two ticks and copied into a checkpoint. A recursion can be
                # neither.
                left.extend(s.children.values())
            do(self, s, oldest.cause)
        if not left:
            self.fan_out.drop_oldest()

    def set_timer(self, supervisor: Supervisor, kind: str, due: float) -> None:
        """Fire `kind` at `due`; replaces the timer of this kind."""
        # Most ticks set what is set already; each would leave an entry in the heap that counts no
        # more.
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

    def forget(self, supervisor: Supervisor) -> None:
        """Take a supervisor out of the tree; what still refers to it is dropped when met."""
        del self.by_path[supervisor.path]
        self.tallies.failing_templates.pop(supervisor.path, None)
        supervisor.leave()
        self.pace.done(supervisor.path)
        if supervisor.dirty:
            self._unmark(supervisor)
        self._unlink(supervisor)

    def link(self, supervisor: Supervisor, upstream: tuple[str, ...]) -> None:
        """Note the supervisor with the paths it waits for, instead of with those of before."""
        self._unlink(supervisor)
        supervisor.upstream = upstream
        for path in upstream:
            self.dependents.setdefault(path, {})[supervisor.path] = supervisor

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
            report = Report("dropped", path, text, self.now, self.tick_id, level, state)
            self._instructions.append(report)
            if self.log is not None:
                self.log.reported(report, supervisor)
            return None
        return supervisor

    def set_condition(
        self,
        s: Supervisor,
        type_: str,
        reason: str,
        *,
        status: Literal["False", "Unknown"] = "False",
        reported: bool = False,
    ) -> None:
        """Note that something about `s` is not as it should be; reported when it is new.

        `reported`: the caller reports it, in the same words.
        """
        conditions = s.conditions
        if conditions is None:
            conditions = s.conditions = {}
        old = conditions.get(type_)
        if old is None or old.reason != reason or old.status != status:
            since = self.now if old is None or old.status != status else old.since
            conditions[type_] = Condition(type_, status, reason, since)
            if not reported:
                self._report_condition(s, type_, status, reason)
            self._publish_again(s, type_)

    def _report_condition(
        self, s: Supervisor, type_: str, status: Literal["False", "Unknown"], reason: str
    ) -> None:
        event: LogEvent
        if type_ in OF_THE_WORKER and status == "False":
            event = WorkerError(error=reason, source=type_, waits=_waits(s))
        else:
            event = ConditionChanged(condition=type_, status=status, reason=reason)
        text, logged = f"{type_}={status}: {reason}", type_ not in TOLD_BY_OTHERS
        self.report("condition", s, text, level="warning", event=event, logged=logged)

    def clear_condition(self, s: Supervisor, type_: str, *, reported: bool = False) -> None:
        """Note that it is as it should be again; `reported`: the caller reports that."""
        if s.conditions is not None and s.conditions.pop(type_, None) is not None:
            if not reported:
                event = ConditionChanged(condition=type_, status="True")
                logged = type_ not in TOLD_BY_OTHERS
                self.report("condition", s, f"{type_}=True", event=event, logged=logged)
            if not s.conditions:
                s.conditions = None
            self._publish_again(s, type_)

    def _publish_again(self, s: Supervisor, type_: str) -> None:
        """Have its status say what a condition changed; it may be set outside any tick of `s`."""
        status = s.status
        if status.phase is Phase.RUNNING and status.fresh and status.healthy is bool(s.impairment):
            self.mark(s, Cause("condition", type_))

    def _unmark(self, supervisor: Supervisor) -> None:
        supervisor.dirty = False
        self._dirty_count -= 1
        above: Supervisor | None = supervisor
        while above is not None:
            above.dirty_below -= 1
            above = above.parent


_WAITS = (DecidedBy.STOP, DecidedBy.ENDED, DecidedBy.DISABLED, DecidedBy.REQUIREMENT)


def _waits(s: Supervisor) -> bool:
    """Whether `s` merely waits: for another worker, an open circuit, or its own end."""
    if s.waits_for or s.decision.by in _WAITS:
        return True
    below, above = s, s.parent
    while above is not None:
        if above.withheld is not None and below.name in above.withheld:
            return True
        below, above = above, above.parent
    return False
