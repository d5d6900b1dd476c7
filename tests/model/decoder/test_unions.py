"""Readers of what may be written in several ways."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from decoded_text import Tree, problems_of, read


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", int | str, 5),
        ("x", int | str, "x"),
        ("", int | None, None),
        ("[1]", list[int] | int, [1]),
        ("{name: x}", Tree | str, Tree(name="x")),
    ],
)
def test_each_type_takes_its_values(text: str, type_: Any, value: Any) -> None:
    assert read(text, type_) == value


@pytest.mark.parametrize(
    ("text", "type_", "said"),
    [
        (
            "99",
            Annotated[int, msgspec.Meta(le=5)] | None,
            (
                "FSM0123 a expected a whole number of at most 5, got 99. "
                "Write a whole number of at most 5."
            ),
        ),
        (
            "99",
            Annotated[int, msgspec.Meta(le=5)] | str | bool,
            (
                "FSM0123 a expected a whole number of at most 5, got 99. "
                "Write a whole number of at most 5."
            ),
        ),
        (
            "1.5",
            bool | Literal["auto"],
            "FSM0122 a expected true or false or auto, got the number 1.5. Write true or false.",
        ),
        (
            "{nam: x}",
            Tree | str,
            (
                "FSM0120 a.nam there is no key 'nam' in 'a'. "
                "Did you mean 'name'? Known: children, name."
            ),
        ),
        ("5", None | type(None), "FSM0122 a expected nothing, got the number 5. Remove the value."),
    ],
)
def test_each_type_refuses_the_rest_with_the_next_step(text: str, type_: Any, said: str) -> None:
    assert problems_of(text, type_) == [said]
