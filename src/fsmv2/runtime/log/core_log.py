"""What the core says, as entries of the log: with the fields every line has, and real durations.

Called on the supervision loop. An entry is put into a queue; nothing here waits or raises.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from fsmv2.core import Cause, Report, Supervisor
from fsmv2.core.contract.log_events import ChildrenReconciled, LogEvent, WorkerError
from fsmv2.core.state.log_sink import ChildChange, CircuitNow, InputChange
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.event_table import REPORT_EVENTS
from fsmv2.runtime.log.log_levels import RANKS, LogLevels
from fsmv2.runtime.log.open_circuits import OfCircuit
from fsmv2.runtime.log.pipeline import Item

FAILURES_KEPT = 10_000
"""Workers whose first failure is remembered; of the oldest beyond them the next one counts."""


class Changes:
    """What was changed among the children of one worker since its comparison began."""

    __slots__ = ("began", "counts")

    def __init__(self, began: float) -> None:
        self.began = began
        self.counts: dict[ChildChange, int] = {}


class CoreLog:
    """The `LogSink` of one core."""

    def __init__(
        self,
        levels: LogLevels,
        write: Callable[[Item], None],
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`write` takes each entry, at once; `clock` measures durations."""
        self._levels = levels
        self._write = write
        self._clock = clock
        self._reconciling: dict[str, Changes] = {}
        self._first_failures: OrderedDict[str, float] = OrderedDict()
        self.levels_changed()

    def levels_changed(self) -> None:
        """Go by what the levels say now."""
        # Most trees debug nobody: then one comparison answers for all.
        self.debugging = self._levels.least <= RANKS["debug"]

    def levels_asked(self, levels: Mapping[str, str]) -> None:
        """Log from these levels on below these paths, whatever the document says."""
        self._levels.ask(levels)
        self.levels_changed()

    def debugs(self, path: str) -> bool:
        """Whether the debug events of this worker are wanted."""
        return self.debugging and self._levels.of(path) <= RANKS["debug"]

    tracing = False

    def ticking(self, s: Supervisor) -> None:
        """Nothing: a tick is no line."""

    def ticked(
        self, s: Supervisor, causes: tuple[Cause, ...], decisions: Sequence[str], tick: int
    ) -> None:
        """Nothing: the core logs `tick` by itself."""

    def input_changed(self, s: Supervisor, what: InputChange) -> None:
        """Nothing."""

    def observed(self, s: Supervisor, began: float, error: str) -> None:
        """Nothing."""

    def put(self, s: Supervisor, event: LogEvent, text: str, tick: int) -> None:
        """Log an event of a supervisor."""
        level = event.level
        if RANKS[level] >= self._levels.of(s.path):
            if isinstance(event, WorkerError):
                text = event.error  # the same, whoever reports it: it may be written once
            self._write(
                LogEntry(
                    s.tree.wall(),
                    level,
                    event.name,
                    text,
                    s.path,
                    s.declared.worker_type,
                    s.incarnation,
                    tick,
                    s.state,
                    event,
                )
            )

    def reported(self, report: Report, s: Supervisor | None) -> None:
        """Log a report that nobody has put as an event of a supervisor."""
        level = "error" if report.level == "critical" else report.level
        if RANKS.get(level, 0) < self._levels.of(report.path):
            return
        self._write(
            LogEntry(
                time.time() if s is None else s.tree.epoch + report.at,
                level,
                REPORT_EVENTS[report.kind].name if report.event is None else report.event.name,
                report.text,
                report.path,
                "" if s is None else s.declared.worker_type,
                0 if s is None else s.incarnation,
                report.tick,
                report.state,
                report.event,
                kind=report.kind,
            )
        )

    def failed(self, s: Supervisor, count: int) -> None:
        """It has failed for the `count`-th time since its last long healthy time."""
        if count == 1 or s.path not in self._first_failures:
            self._first_failures[s.path] = s.tree.now
            self._first_failures.move_to_end(s.path)
            if len(self._first_failures) > FAILURES_KEPT:
                self._first_failures.popitem(last=False)

    def downtime(self, s: Supervisor) -> float:
        """Seconds since the first of these failures."""
        return round(s.tree.now - self._first_failures.get(s.path, s.tree.now), 1)

    def circuit(self, s: Supervisor, now: CircuitNow, tick: int) -> None:
        """The circuit of a parent has opened, or is found open again."""
        self._circuit(s, now, tick)

    def circuit_closed(self, s: Supervisor, tick: int) -> None:
        """It has closed, or its worker is released."""
        self._circuit(s, None, tick)

    def reconciling(self, s: Supervisor) -> None:
        """The children of a supervisor are compared with what is declared, from the first on."""
        before = self._reconciling.get(s.path)
        if before is None:
            self._reconciling[s.path] = Changes(self._clock())

    def child_changed(self, s: Supervisor, change: ChildChange) -> None:
        """One of them had to be changed."""
        found = self._reconciling.get(s.path)
        if found is not None:
            found.counts[change] = found.counts.get(change, 0) + 1

    def reconciled(self, s: Supervisor, tick: int) -> None:
        """The comparison is done."""
        found = self._reconciling.pop(s.path, None)
        if found is not None and found.counts:
            took = round(1000 * (self._clock() - found.began), 3)
            event = _reconciled(found.counts, took)
            text = ", ".join(f"{number} {change}" for change, number in found.counts.items())
            self.put(s, event, text, tick)

    def _circuit(self, s: Supervisor, now: CircuitNow | None, tick: int) -> None:
        tree = s.tree
        entry = LogEntry(
            tree.wall(),
            "info",
            "",
            "",
            s.path,
            s.declared.worker_type,
            s.incarnation,
            tick,
            s.state,
        )
        self._write(OfCircuit(entry, tree.now, now))


def _reconciled(counts: Mapping[ChildChange, int], took: float) -> ChildrenReconciled:
    return ChildrenReconciled(
        added=counts.get("added", 0),
        updated=counts.get("updated", 0),
        removed=counts.get("removed", 0),
        recreated=counts.get("recreated", 0),
        duration_ms=took,
    )
