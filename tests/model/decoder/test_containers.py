"""Readers of lists and mappings: what each takes, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import pytest
from decoded_text import problems_of, read


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("{b: 1}", dict[str, int], {"b": 1}),
        ("{b: [1]}", Mapping[str, list[int]], {"b": [1]}),
        ("{b: x}", dict, {"b": "x"}),
        ("[1, x]", list, [1, "x"]),
        ("[1]", Sequence[int], (1,)),
        ("[1, 2]", tuple[int, ...], (1, 2)),
        ("[1, x]", tuple[int, str], (1, "x")),
    ],
)
def test_each_type_takes_its_values(text: str, type_: Any, value: Any) -> None:
    assert read(text, type_) == value


@pytest.mark.parametrize(
    ("text", "type_", "said"),
    [
        (
            "[x]",
            dict[str, int],
            (
                "FSM0122 a expected keys and values, got a list. "
                "Write {key: value} in place of the list."
            ),
        ),
        (
            "\n  - x",
            dict[str, int],
            ("FSM0122 a expected keys and values, got a list. Remove the `- ` before the keys."),
        ),
        (
            "x",
            dict[str, int],
            (
                "FSM0122 a expected keys and values, got the text 'x'. "
                "Write keys in lines of their own below, indented."
            ),
        ),
        (
            "{b: x}",
            dict[str, int],
            ("FSM0122 a.b expected a whole number, got the text 'x'. Write a whole number."),
        ),
        (
            "{b: 1}",
            Annotated[dict[str, int], msgspec.Meta(min_length=3)],
            "FSM0128 a expected at least 3 keys, got 1. Add 2 more.",
        ),
        ("", list[int], "FSM0122 a expected a list, got nothing. Put `- ` before each entry."),
        (
            "5",
            tuple[int, str],
            (
                "FSM0122 a expected a list of 2 entries (a whole number, text), got the number 5. "
                "Write [ and ] around 2 entries, with commas between."
            ),
        ),
        (
            "[1, 2]",
            tuple[int, str],
            ('FSM0122 a[1] expected text, got the number 2. Put it in quotes: "2".'),
        ),
    ],
)
def test_each_type_refuses_the_rest_with_the_next_step(text: str, type_: Any, said: str) -> None:
    assert problems_of(text, type_) == [said]
