"""What is wrong with a document, counted by whether it refuses the document."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.operate import validate


@pytest.mark.parametrize(
    ("text", "problems", "warnings"),
    [
        ("agent: {name: edge}\n", 0, 0),
        ("agent: {name: edge, nam: edge}\nbroker: {ur: x}\n", 2, 0),
        ("agent: {name: edge}\nbridges: [{name: a, variables: {X: 1}}]\n", 1, 0),
    ],
)
def test_problems_and_warnings_are_counted_apart(
    text: str, problems: int, warnings: int, tmp_path: Path
) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(text)
    found = validate(file)
    assert (found.problems, found.warnings) == (problems, warnings)


def test_a_document_that_cannot_be_read_has_that_problem(tmp_path: Path) -> None:
    found = validate(tmp_path / "nowhere.yaml")
    assert (found.problems, found.warnings) == (1, 0)
    assert "nowhere.yaml" in found.diagnostics[0].render()
