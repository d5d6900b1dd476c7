"""One of several values: what is taken, and what is proposed for what is not."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from fsmv2.diagnostic import Diagnostic
from fsmv2.model.decoder.choice import Choice
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD

ORDERS = Choice([("big", "big"), ("little", "little"), (1, 1), (True, True), (None, None)])


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def fix_of(choice: Choice, value: Any) -> str:
    problems: list[Diagnostic] = []
    assert choice.read(Node.from_data(value, "a"), problems) is BAD
    [problem] = problems
    assert problem.code == "FSM0125"
    return problem.fix


@pytest.mark.parametrize("value", ["big", 1, True, None])
def test_a_value_is_taken_with_its_type(value: Any) -> None:
    assert ORDERS.read(Node.from_data(value, "a"), []) is value


def test_a_word_stands_for_the_member_of_an_enum() -> None:
    assert Choice.of_enum(Colour).read(Node.from_data("red", "a"), []) is Colour.RED


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("bigg", "Did you mean big?"),
        ("1", "Remove the quotes: 1."),
        ("true", "Remove the quotes: true."),
        ("middle of nowhere", "Write one of big, little, 1, true, null."),
        ([], "Write one of big, little, 1, true, null."),
    ],
)
def test_what_is_not_taken_has_a_fix(value: Any, fix: str) -> None:
    assert fix_of(ORDERS, value) == fix


def test_of_a_single_value_that_one_is_expected() -> None:
    assert Choice([("one", "one")]).expected == "one"
