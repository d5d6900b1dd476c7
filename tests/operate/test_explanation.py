"""What `explain` knows: alerts, pages of the runbook, and codes, by the name somebody has read."""

from __future__ import annotations

import pytest

from fsmv2.operate.explanation import Explanation, NotExplained, explained, explained_names


@pytest.mark.parametrize(
    ("name", "kind", "meant"),
    [
        ("CircuitOpen", "alert", "CircuitOpen"),
        ("circuitopen", "alert", "CircuitOpen"),
        ("bridge", "page", "bridge"),
        ("worker_in_trouble", "alert", "WorkerInTrouble"),
        ("fsm0131", "code", "FSM0131"),
        ("FSM0421", "code", "FSM0421"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, kind: str, meant: str) -> None:
    found = explained(name)
    assert isinstance(found, Explanation)
    assert (found.kind, found.name) == (kind, meant)
    assert found.text
    assert found.title


@pytest.mark.parametrize(
    ("name", "meant"), [("CircutOpen", "CircuitOpen"), ("brige", "bridge"), ("FSM02111", "FSM0211")]
)
def test_of_an_unknown_name_the_nearest_is_offered(name: str, meant: str) -> None:
    found = explained(name)
    assert isinstance(found, NotExplained)
    assert found.fix.startswith(f"Did you mean '{meant}'? ")


def test_the_list_has_alerts_and_pages() -> None:
    names = {one.name: one for one in explained_names()}
    assert names["CircuitOpen"].severity == "page"
    assert names["escalation"].kind == "page"
