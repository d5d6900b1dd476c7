"""Documents that would become too large, too deep, or both by aliases, are refused."""

from __future__ import annotations

import time

import pytest
from refused_text import refused


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    begin = time.process_time()
    assert "with its aliases put in, the document has more than 500,000 values." in refused(text)
    assert time.process_time() - begin < 1.0


def test_a_bomb_of_merges_is_refused_too() -> None:
    text = "a0: &a0 {k: 1}\n"
    for n in range(1, 40):
        text += f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  k{n}: 1\n"
    assert "FSM0106" in refused(text)


def test_too_many_values_without_any_alias_are_said_as_that() -> None:
    message = refused("a:\n" + "- 1\n" * 500_000)
    assert "error[FSM0106]: the document has more than 500,000 keys and values.\n" in message
    assert "fix: Check that it is the right file." in message


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 80 + "]" * 80,
        "a: " + "{a: " * 80 + "}" * 80,
        "\n".join("  " * n + "a:" for n in range(80)),
        "a: " + "[" * 1_000_000,
        "a0: &a0 [1]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 80)),
    ],
)
def test_deep_nesting_is_refused_also_when_aliases_make_it(text: str) -> None:
    assert "error[FSM0106]: the document nests deeper than 64 levels." in refused(text)
