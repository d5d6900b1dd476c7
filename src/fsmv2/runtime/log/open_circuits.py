"""Circuits that stay open are logged again: at each retry, and at least every 30 s, never more.

The core says of a circuit whenever it looks at it; which of that is a line is decided here. So it
has no timer for the sake of a log.
"""

from __future__ import annotations

import msgspec

from fsmv2.core.contract.log_events import CircuitClosed, CircuitOpen, CircuitOpened, RecoveryStatus
from fsmv2.core.state.log_sink import CircuitNow
from fsmv2.runtime.log.entry import LogEntry

EVERY = 30.0
"""Seconds after which an open circuit is logged again, whatever happens."""


class OfCircuit(msgspec.Struct, frozen=True):
    """A circuit as the core has it, and the entry that is to be its line; `now` None: it closed.

    `at`: the core's clock.
    """

    entry: LogEntry
    at: float
    now: CircuitNow | None


class OpenCircuits:
    """Those that are open, by path, each with the moment and attempt of its last line."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[OfCircuit, float, int]] = {}

    def take(self, found: OfCircuit) -> list[LogEntry]:
        """The line that this is worth, if any."""
        path, before = found.entry.path, self._open.get(found.entry.path)
        if found.now is None:
            if before is None:
                return []
            del self._open[path]
            return [_closed(before[0], found)]
        if before is None:
            self._open[path] = found, found.at, found.now.attempt
            return [_opened(found, found.now)]
        if found.now.attempt == before[2]:
            self._open[path] = found, before[1], before[2]
            return []
        self._open[path] = found, found.at, found.now.attempt
        return [_still_open(found, found.at)]

    def due(self, wall: float) -> list[LogEntry]:
        """Lines of those that had none for 30 s. `wall`: Unix seconds."""
        lines: list[LogEntry] = []
        for path, (found, last, attempt) in self._open.items():
            at = found.at + (wall - found.entry.time)  # by the core's clock
            if at >= last + EVERY:
                lines.append(_still_open(found, at))
                self._open[path] = found, at, attempt
        return lines


def recovery_status(attempt: int, max_attempts: int) -> RecoveryStatus:
    """How far a circuit is from an escalation."""
    if attempt >= max_attempts:
        return "escalation_imminent"
    return "attempting_recovery" if attempt <= max_attempts // 2 else "persistent_failure"


def _opened(found: OfCircuit, now: CircuitNow) -> LogEntry:
    event = CircuitOpened(
        failed_child=now.failed_child,
        check=now.check,
        error=now.error,
        withheld=now.withheld,
        retry_attempt=now.attempt,
        next_retry_in=_until(now, found.at),
        max_attempts=now.max_attempts,
    )
    waits = f"{now.withheld} worker{'s' * (now.withheld != 1)} withheld"
    return _line(found, f"circuit opened: {now.failed_child}: {now.error}; {waits}", event)


def _still_open(found: OfCircuit, at: float) -> LogEntry:
    now = found.now
    assert now is not None  # noqa: S101  (only circuits that are open are kept here)
    event = CircuitOpen(
        failed_child=now.failed_child,
        retry_attempt=now.attempt,
        max_attempts=now.max_attempts,
        elapsed_downtime=round(at - now.opened_at, 1),
        next_retry_in=_until(now, at),
        recovery_status=recovery_status(now.attempt, now.max_attempts),
    )
    retry = "" if event.next_retry_in is None else f", next in {event.next_retry_in:.1f} s"
    most = f" of {now.max_attempts}" if now.attempt <= now.max_attempts else ""
    text = (
        f"circuit open for {event.elapsed_downtime:.0f} s: {now.failed_child}: "
        f"attempt {now.attempt}{most}{retry}"
    )
    line = _line(found, text, event)
    return msgspec.structs.replace(line, time=found.entry.time + (at - found.at))


def _closed(before: OfCircuit, found: OfCircuit) -> LogEntry:
    now = before.now
    assert now is not None  # noqa: S101  (only circuits that are open are kept here)
    downtime = round(found.at - now.opened_at, 1)
    event = CircuitClosed(
        child_name=now.failed_child, total_downtime=downtime, attempts=now.attempt
    )
    return _line(found, f"circuit closed after {downtime:.0f} s: {now.failed_child}", event)


def _until(now: CircuitNow, at: float) -> float | None:
    return None if now.retry_at is None or now.retry_at < at else round(now.retry_at - at, 3)


def _line(
    found: OfCircuit, text: str, event: CircuitOpened | CircuitOpen | CircuitClosed
) -> LogEntry:
    return msgspec.structs.replace(
        found.entry, level=event.level, event=event.name, message=text, fields=event
    )
