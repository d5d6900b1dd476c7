"""Where the core says what it does, for a log: handed in by the runtime, which has a clock.

No decision depends on it, and a replay or a plan has none. What is said is kept and written
elsewhere, so that a call takes about a microsecond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from fsmv2.core.contract.instructions import Report
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause


class CircuitNow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An open circuit. Times by the core's clock; `retry_at`: None when no restart is planned.

    `withheld`: how many workers start nothing because of it, counted when it opens.
    """

    failed_child: str
    check: str
    error: str
    withheld: int
    attempt: int
    max_attempts: int
    opened_at: float
    retry_at: float | None


InputChange = Literal["variables", "config"]

ChildChange = Literal["added", "updated", "removed", "recreated"]


class LogSink(Protocol):
    """Takes what happens, on the supervision loop, in the order it happens."""

    debugging: bool
    """Whether the debug events of anybody are wanted."""

    tracing: bool
    """Whether ticks, what they change, and observations are wanted; nobody says them otherwise."""

    def levels_asked(self, levels: Mapping[str, str]) -> None:
        """Operators ask for these levels of these paths and what is below them, and no others."""

    def debugs(self, path: str) -> bool:
        """Whether the debug events of this worker are wanted: they are not made otherwise."""

    def put(self, s: Supervisor, event: LogEvent, text: str, tick: int) -> None:
        """Log an event of a supervisor; `text` says it to people."""

    def reported(self, report: Report, s: Supervisor | None) -> None:
        """Log a report that has no event of its own."""

    def failed(self, s: Supervisor, count: int) -> None:
        """It has failed for the `count`-th time since its last long healthy time."""

    def downtime(self, s: Supervisor) -> float:
        """Seconds since the first of these failures."""

    def circuit(self, s: Supervisor, now: CircuitNow, tick: int) -> None:
        """The circuit of a parent has opened, or is found open again."""

    def circuit_closed(self, s: Supervisor, tick: int) -> None:
        """It has closed, or its worker is released."""

    def reconciling(self, s: Supervisor) -> None:
        """The children of a supervisor are compared with what is declared, from the first on."""

    def child_changed(self, s: Supervisor, change: ChildChange) -> None:
        """One of them had to be changed."""

    def reconciled(self, s: Supervisor, tick: int) -> None:
        """The comparison is done; `children_reconciled` is logged if something changed."""

    # ---- for traces --------------------------------------------------------------------------

    def ticking(self, s: Supervisor) -> None:
        """A tick of a supervisor begins."""

    def ticked(
        self, s: Supervisor, causes: tuple[Cause, ...], decisions: Sequence[str], tick: int
    ) -> None:
        """It ends, and was of these causes; `decisions` are as in a `TickRecord`."""

    def input_changed(self, s: Supervisor, what: InputChange) -> None:
        """A derive of this tick gave other variables to pass on, or another config to run with."""

    def observed(self, s: Supervisor, began: float, error: str) -> None:
        """Somebody is to look at an observation that began then, by the core's clock."""
