"""How much a worker needs a look, and whether the cause is below it."""

from __future__ import annotations

from typing import Any

import pytest
from test_convergence import FACTORY, node

from fsmv2 import Phase
from fsmv2.core import Condition
from fsmv2.operate.trouble import rows_of, trouble_of


def condition(type: str) -> tuple[Condition, ...]:
    return (Condition(type, "False", "for a reason", 0.0),)


WELL = {"phase": Phase.RUNNING, "healthy": True}
ILL = {"phase": Phase.RUNNING, "healthy": False}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (WELL, None),
        ({**WELL, "overridden": True}, "overridden"),
        ({**WELL, "held": "waits for a lid"}, "held"),
        ({**WELL, "conditions": condition("Recovers")}, "recovering"),
        (ILL, "degraded"),
        ({**ILL, "conditions": condition("Recovers")}, "escalated"),
        ({**ILL, "conditions": condition("CircuitClosed")}, "circuit_open"),
        ({**ILL, "conditions": condition("BreakerClosed")}, "circuit_open"),
        ({**ILL, "paused": "paused by anna", "overridden": True}, "overridden"),
        ({**ILL, "paused": "paused by anna (at edge)"}, None),
        ({"phase": Phase.FAILED}, "failed"),
        ({"phase": Phase.DEGRADED}, "degraded"),
        ({"phase": Phase.STARTING}, "not_converged"),
        ({"phase": Phase.STOPPED, "control": "stopped"}, None),
        ({"phase": Phase.STOPPED, "control": "stopped", "overridden": True}, "overridden"),
        ({"phase": Phase.STOPPED, "control": "active"}, "not_converged"),
        ({"phase": Phase.STOPPED, "control": "active", "in_trouble": True}, "failed"),
    ],
)
def test_the_worst_that_is_wrong_is_named(more: dict[str, Any], expected: str | None) -> None:
    given = {"state": "some_state", **more}
    one = node("edge/a", "bridge", given.pop("state"), given.pop("phase"), **given)
    assert trouble_of(one, FACTORY) == expected


def test_a_parent_is_affected_by_the_cause_below_it_and_escalated_by_itself() -> None:
    escalated = condition("Recovers")
    rows = rows_of(
        (
            node("edge", "agent", "degraded", Phase.DEGRADED),
            node("edge/a", "bridge", "degraded", Phase.DEGRADED, conditions=escalated),
            node("edge/a/connection", "connection", "down", Phase.DEGRADED, reason="refused"),
            node("edge/b", "bridge", "active", Phase.RUNNING),
        ),
        FACTORY,
    )
    assert [(row.path, row.trouble, row.below) for row in rows] == [
        ("edge", "degraded", True),
        ("edge/a", "escalated", False),
        ("edge/a/connection", "degraded", False),
        ("edge/b", None, False),
    ]
    assert rows[2].reason == "refused"


def test_one_that_was_stopped_by_hand_is_no_cause_of_anything_above() -> None:
    rows = rows_of(
        (
            node("edge", "agent", "degraded", Phase.DEGRADED),
            node(
                *("edge/a", "bridge", "stopped", Phase.STOPPED),
                control="stopped",
                overridden=True,
            ),
        ),
        FACTORY,
    )
    assert [(row.trouble, row.below) for row in rows] == [
        ("degraded", False),
        ("overridden", False),
    ]


def test_what_an_operator_did_is_said_once_and_without_the_name_of_the_condition() -> None:
    paused = "paused by anna: the pump is open"
    managed = Condition("Managed", "False", f"{paused}; nothing in it is started", 0.0)
    one = node("edge/a", "bridge", "down", Phase.DEGRADED, reason=paused, conditions=(managed,))
    (row,) = rows_of((one,), FACTORY)
    assert row.reason == f"{paused}; nothing in it is started"
