"""An open circuit is logged at each retry and at least every 30 s, whatever the core says of it."""

from __future__ import annotations

import pytest

from fsmv2.core.contract.log_events import CircuitClosed, CircuitOpen, CircuitOpened
from fsmv2.core.state.log_sink import CircuitNow
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.open_circuits import EVERY, OfCircuit, OpenCircuits, recovery_status

WALL = 1_700_000_000.0


def circuit(at: float, attempt: int = 1, retry_at: float | None = None) -> OfCircuit:
    now = CircuitNow(
        failed_child="a",
        check="inside",
        error="no current",
        withheld=2,
        attempt=attempt,
        max_attempts=5,
        opened_at=100.0,
        retry_at=retry_at,
    )
    return OfCircuit(LogEntry(WALL + at, "info", "", "", path="g"), at, now)


def closed(at: float) -> OfCircuit:
    return OfCircuit(LogEntry(WALL + at, "info", "", "", path="g"), at, None)


def test_it_opens_stays_open_and_closes_with_what_happened() -> None:
    circuits = OpenCircuits()
    (line,) = circuits.take(circuit(100.0, retry_at=101.0))
    assert line.level == "error"
    assert isinstance(line.fields, CircuitOpened)
    assert (line.fields.withheld, line.fields.next_retry_in) == (2, 1.0)
    (line,) = circuits.take(circuit(101.0, attempt=2, retry_at=103.5))
    assert isinstance(line.fields, CircuitOpen)
    assert (line.fields.elapsed_downtime, line.fields.next_retry_in) == (1.0, 2.5)
    (line,) = circuits.take(closed(110.0))
    assert line.fields == CircuitClosed(child_name="a", total_downtime=10.0, attempts=2)
    assert circuits.take(closed(111.0)) == []
    assert circuits.due(WALL + 1000) == []


def test_the_core_may_look_at_it_in_each_tick_and_no_line_comes_of_that() -> None:
    circuits = OpenCircuits()
    circuits.take(circuit(100.0))
    assert [circuits.take(circuit(100.0 + n / 10)) for n in range(100)] == [[]] * 100


def test_every_half_minute_it_is_said_again_with_the_figures_of_then() -> None:
    circuits = OpenCircuits()
    circuits.take(circuit(100.0, retry_at=150.0))
    lines = [line for second in range(100, 166) for line in circuits.due(WALL + second)]
    assert [line.time for line in lines] == [WALL + 100 + EVERY, WALL + 100 + 2 * EVERY]
    first, second = (line.fields for line in lines)
    assert isinstance(first, CircuitOpen)
    assert isinstance(second, CircuitOpen)
    assert (first.elapsed_downtime, first.next_retry_in) == (30.0, 20.0)
    assert (second.elapsed_downtime, second.next_retry_in) == (60.0, None)


@pytest.mark.parametrize(
    ("attempt", "status"),
    [
        (0, "attempting_recovery"),
        (2, "attempting_recovery"),
        (3, "persistent_failure"),
        (4, "persistent_failure"),
        (5, "escalation_imminent"),
        (12, "escalation_imminent"),
    ],
)
def test_how_far_it_is_from_paging_somebody(attempt: int, status: str) -> None:
    assert recovery_status(attempt, 5) == status
