"""Problems in the order of the file, and no more than help."""

from __future__ import annotations

import time

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError
from fsmv2.model.decoder import decode, in_order


def test_of_very_many_problems_the_first_are_shown_and_the_rest_is_counted() -> None:
    text = "a:\n" + "  - x\n" * 100_000
    begin = time.process_time()
    error = DocumentError(
        decode(scan_yaml(text, "plant.yaml").validated().root, dict[str, list[int]])[1]
    )
    assert time.process_time() - begin < 10.0
    assert len(error.diagnostics) == 501
    assert [str(d.mark) for d in error.diagnostics[498:]] == [
        "plant.yaml:500:5",
        "plant.yaml:501:5",
        "plant.yaml:502:5",
    ]
    assert error.diagnostics[-1].render() == (
        "plant.yaml:502:5: error[FSM0101]: from here on, 99,500 more problems are not shown.\n"
        "502 |   - x\n"
        "          ^\n"
        "  fix: Correct those above first; check that it is the right file."
    )


def test_one_problem_more_than_are_shown_is_shown_too() -> None:
    text = "a:\n" + "  - x\n" * 501
    _, problems = decode(scan_yaml(text, "plant.yaml").validated().root, dict[str, list[int]])
    assert [problem.code for problem in problems] == ["FSM0122"] * 501


def test_problems_come_in_the_order_of_the_file_each_once() -> None:
    first, second = (
        Diagnostic(code="C", message="m", mark=Mark("f", line, 1), path=str(line))
        for line in (1, 2)
    )
    again = Diagnostic(code="C", message="m", mark=Mark("f", 1, 1), path="through an alias")
    bare = [Diagnostic(code="C", message="m", path=path) for path in "ab"]
    assert in_order([second, first, again, *bare]) == [*bare, first, second]
