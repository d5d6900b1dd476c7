"""The events of the log: each has a name of its own, and knows how much it matters."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2 import Outcome
from fsmv2.core.contract import log_events
from fsmv2.core.contract.log_events import (
    ActionCompleted,
    ConditionChanged,
    LogEvent,
    StateChanged,
    WorkerError,
)

EVENTS = [
    one
    for one in vars(log_events).values()
    if isinstance(one, type) and issubclass(one, LogEvent) and one is not LogEvent
]


def test_no_two_events_have_one_name() -> None:
    names = [one.__struct_config__.tag for one in EVENTS]
    assert len(set(names)) == len(names) > 10
    assert all(str(name).replace("_", "").islower() for name in names)


def completed(outcome: Outcome) -> ActionCompleted:
    return ActionCompleted(
        action_type="go",
        success=outcome is Outcome.SUCCEEDED,
        outcome=outcome,
        duration_ms=1.0,
        attempt=1,
    )


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (completed(Outcome.SUCCEEDED), "info"),
        (completed(Outcome.CANCELLED), "info"),
        (completed(Outcome.FAILED), "warning"),
        (completed(Outcome.TIMED_OUT), "error"),
        (completed(Outcome.STUCK), "error"),
        (StateChanged(from_state="a", phase="running", reason=""), "info"),
        (StateChanged(from_state="a", phase="degraded", reason=""), "warning"),
        (StateChanged(from_state="a", phase="failed", reason=""), "warning"),
        (WorkerError(error="e", source="s"), "warning"),
        (WorkerError(error="e", source="s", waits=True), "debug"),
        (ConditionChanged(condition="Fresh", status="Unknown", reason="r"), "warning"),
        (ConditionChanged(condition="Fresh", status="True"), "info"),
    ],
)
def test_an_event_knows_how_much_it_matters(event: LogEvent, level: str) -> None:
    assert event.level == level


def test_all_fields_are_written_with_the_name() -> None:
    found = msgspec.to_builtins(WorkerError(error="e", source="s"))
    assert found == {
        "event": "worker_error",
        "error": "e",
        "source": "s",
        "error_scope": "worker",
        "impact": "single_worker",
        "waits": False,
    }
