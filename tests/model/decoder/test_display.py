"""Values and texts as messages show them: short, on one line, and no secret among them."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import Vault
from fsmv2.model.decoder.display import describe, shown, shown_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("x" * 40, f"'{'x' * 40}'"),
        ("x" * 41, f"'{'x' * 39}…'"),
        ("a\nb\x1b[2J", r"'a\nb\x1b[2J'"),
    ],
)
def test_a_text_is_short_and_on_one_line(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_of_a_long_path_the_end_is_shown_from_a_whole_step_on() -> None:
    assert shown_path("bridges[0].name") == "'bridges[0].name'"
    long = "bridges[0].variables.first.second.third.fourth.PORT"
    assert shown_path(long) == "'….first.second.third.fourth.PORT'"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "nothing"),
        (True, "true"),
        ("", "an empty text"),
        ("x", "the text 'x'"),
        ((1,), "a list"),
        ({}, "keys and values"),
        (1.5, "the number 1.5"),
        (object(), "an object of the class object"),
    ],
)
def test_each_kind_of_value_has_its_words(value: Any, expected: str) -> None:
    assert describe(value) == expected


def test_a_secret_is_not_even_shown_by_its_token() -> None:
    token = Vault(environ={"PW": "correct horse"}).from_environment("PW")
    assert describe(token) == "a secret"
