"""The catalogue of codes: each that is raised stands in it, with a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsmv2.document import problem_codes
from fsmv2.errors import SpecError


@pytest.mark.parametrize("code", sorted(problem_codes.CATALOGUE))
def test_every_code_has_a_page_with_a_title(code: str) -> None:
    page = problem_codes.explain(code.lower())
    assert page is not None
    assert page.startswith(f"{code}: ")
    assert page.count("\n") >= 3


def test_a_code_that_is_none_has_no_page() -> None:
    assert problem_codes.explain("FSM9999") is None


def test_every_code_the_package_raises_is_in_the_catalogue() -> None:
    package = Path(problem_codes.__file__).parents[1]
    source = "".join(p.read_text() for p in package.rglob("*.py") if p.name != "problem_codes.py")
    raised = set(re.findall(r"FSM01\d\d", source))
    assert raised
    assert raised <= {*problem_codes.CATALOGUE, SpecError.code}
