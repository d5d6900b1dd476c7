"""What `explain` knows: alerts, pages of the runbook, and codes, by the name somebody has read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.document.problem_codes import CATALOGUE
from fsmv2.lint import RULES
from fsmv2.operate.code_pages import error_classes
from fsmv2.operate.explanation import Explanation, NotExplained, explained, explained_names
from fsmv2.operate.runbook import anchor_of, lines_and_headings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "kind", "meant"),
    [
        ("CircuitOpen", "alert", "CircuitOpen"),
        ("circuitopen", "alert", "CircuitOpen"),
        ("bridge", "page", "bridge"),
        ("worker_in_trouble", "alert", "WorkerInTrouble"),
        ("escalation_required", "page", "escalation"),
        ("circuit_opened", "alert", "CircuitOpen"),
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


def test_each_code_names_its_part_of_the_reference() -> None:
    anchors = {
        page: {
            anchor_of(heading[1])
            for _, heading in lines_and_headings((ROOT / page).read_text())
            if heading is not None
        }
        for page in ("docs/reference/errors.md", "docs/reference/lint.md")
    }
    for code in {*error_classes(), *CATALOGUE, *RULES}:
        found = explained(code)
        assert isinstance(found, Explanation)
        page, _, anchor = found.url.partition("#")
        assert anchor in anchors[page], code


def test_the_list_has_alerts_and_pages() -> None:
    names = {one.name: one for one in explained_names()}
    assert names["CircuitOpen"].severity == "page"
    assert names["escalation"].kind == "page"
