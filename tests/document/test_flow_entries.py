"""Entries in braces that YAML takes apart elsewhere than meant."""

from __future__ import annotations

import pytest
from refused_text import problems


@pytest.mark.parametrize(
    ("text", "column", "message", "fix"),
    [
        (
            "{scale: 0,1}",
            9,
            "the comma in 0,1 ends the entry, so `scale` would be 0.",
            "Write 0.1.",
        ),
        (
            "{a: 1, offset: -1,25, b: 2}",
            16,
            "the comma in -1,25 ends the entry, so `offset` would be -1.",
            "Write -1.25.",
        ),
        (
            "{port: 1,502}",
            8,
            "the comma in 1,502 ends the entry, so `port` would be 1.",
            "Write 1.502 with a point for decimals, or 1502 for thousands.",
        ),
        (
            "{max: 1,000,000}",
            7,
            "the comma in 1,000,000 ends the entry, so `max` would be 1.",
            "Write 1000000.",
        ),
        (
            "{scale: 1,000.5}",
            9,
            "the comma in 1,000.5 ends the entry, so `scale` would be 1.",
            "Write 1000.5.",
        ),
        (
            "{scale: 1.000,5}",
            9,
            "the comma in 1.000,5 ends the entry, so `scale` would be 1.000.",
            "Write 1000.5.",
        ),
        (
            "{IP: 10,0,0,5}",
            6,
            "the comma in 10,0,0,5 ends the entry, so `IP` would be 10.",
            "Write 10.0.0.5.",
        ),
        (
            "{area:hall}",
            2,
            "'area:hall' is one word to YAML: a colon needs a space after it.",
            "Write `area: hall`.",
        ),
        (
            "{a: 1, area=hall}",
            8,
            "'area=hall' is one word to YAML: a key ends with a colon, not with =.",
            "Write `area: hall`.",
        ),
    ],
)
def test_the_entry_that_was_meant_is_proposed(
    text: str, column: int, message: str, fix: str
) -> None:
    (problem,) = problems(text)
    assert problem.mark is not None
    assert (problem.mark.column, problem.message, problem.fix) == (column, message, fix)


@pytest.mark.parametrize(
    "text",
    [
        "{a: [0,1]}",
        "{a: 0, 1: x}",
        "{a: 0, 1}",
        "{a: 0, b}",
        "{a: {b: 1}, 2: 3}",
        "a: 0,1",
        "{a: }",
    ],
)
def test_what_yaml_reads_as_it_is_meant_is_left_alone(text: str) -> None:
    assert problems(text) == []
