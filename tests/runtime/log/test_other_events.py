"""Events that are not the core's: how grave each is."""

from __future__ import annotations

import pytest

from fsmv2.runtime.log.other_events import DocumentProblem, LinesLeftOut, RunEnded


def ended(code: int) -> RunEnded:
    return RunEnded(
        exit=code,
        supervisors=1,
        phases={},
        unhealthy={},
        unsettled={},
        forced=(),
        killed=(),
        dropped={},
    )


@pytest.mark.parametrize(("code", "level"), [(0, "info"), (1, "error"), (130, "error")])
def test_a_run_that_did_not_end_as_it_should_is_an_error(code: int, level: str) -> None:
    assert ended(code).level == level


def test_a_problem_of_the_document_is_as_grave_as_it_is_shown_to_people() -> None:
    assert DocumentProblem(code="FSM0100").level == "warning"
    assert DocumentProblem(code="FSM0100", warning=False).level == "error"


def test_lines_that_are_lost_are_a_warning() -> None:
    assert LinesLeftOut(lines=3).level == "warning"
