"""Each code of a document has a page with an example, and each mistake has such a code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from fsmv2.document import CATALOGUE
from fsmv2.errors import DocumentError
from fsmv2.plant import parse_plant

ROOT = Path(__file__).resolve().parents[2]
NOT_OF_A_DOCUMENT = {"FSM0100"}
"""Of the specs that programs give; whatever a document has wrong has a code of its own."""


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    folders = [str(ROOT / "docs"), str(ROOT / "tests" / "plant")]
    sys.path[:0] = folders
    import errors_page

    yield errors_page
    for folder in folders:
        sys.path.remove(folder)


def test_every_code_of_a_document_has_an_example(page: ModuleType) -> None:
    assert CATALOGUE.keys() - NOT_OF_A_DOCUMENT == page.EXAMPLES.keys()


@pytest.mark.parametrize("code", sorted(CATALOGUE.keys() - NOT_OF_A_DOCUMENT))
def test_an_example_is_reported_with_its_code(page: ModuleType, code: str) -> None:
    assert code in {problem.code for problem in page.problems(page.EXAMPLES[code])}


def test_each_mistake_that_people_make_has_a_code_with_a_page(page: ModuleType) -> None:
    from mistakes import ONE_IS_ENOUGH, PLANT

    for right, wrong in ONE_IS_ENOUGH:
        try:
            problems = parse_plant(PLANT.replace(right, wrong), "plant.yaml").diagnostics
        except DocumentError as error:
            problems = error.diagnostics
        codes = {problem.code for problem in problems}
        assert codes <= page.EXAMPLES.keys(), f"{wrong}: {codes}"
