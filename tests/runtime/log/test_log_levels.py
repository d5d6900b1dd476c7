"""From which level on something is logged: the nearest pattern counts, for all below it."""

from __future__ import annotations

import pytest

from fsmv2.path_pattern import path_pattern
from fsmv2.runtime.log.log_levels import RANKS, REMEMBERED, LogLevels


def levels(base: str = "info", **paths: str) -> LogLevels:
    return LogLevels(base, {text: (path_pattern(text), level) for text, level in paths.items()})


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("plant", "info"),
        ("plant/filler", "debug"),
        ("plant/filler-2/dfc/x", "debug"),
        ("plant/filler/quiet", "error"),
        ("plant/filler/quiet/below", "error"),
        ("plant/capper", "info"),
        ("", "info"),
    ],
)
def test_the_nearest_pattern_counts(path: str, level: str) -> None:
    found = levels(**{"…/filler*": "debug", "plant/filler/quiet": "error"})
    assert found.of(path) == RANKS[level]
    assert found.of(path) == RANKS[level]  # remembered


def test_of_two_for_one_path_the_last_counts() -> None:
    assert levels(**{"a*": "debug", "*b": "error"}).of("ab") == RANKS["error"]


def test_the_lowest_is_known_without_looking_at_paths() -> None:
    assert levels().least == RANKS["info"]
    assert levels("error", a="debug").least == RANKS["debug"]


def test_what_is_remembered_of_paths_is_bounded() -> None:
    found = levels(a="debug")
    for number in range(REMEMBERED + 10):
        found.of(f"p{number}")
    assert len(found._found) <= REMEMBERED


def test_they_change_while_they_are_asked_but_for_what_the_command_has_fixed() -> None:
    found = levels("info", a="debug")
    assert found.of("a") == RANKS["debug"]
    found.change(levels("error", b="debug"))
    assert (found.of("a"), found.of("b")) == (RANKS["error"], RANKS["debug"])
    fixed = LogLevels("debug", fixed=True)
    fixed.change(levels("error", b="info"))
    assert (fixed.of("a"), fixed.of("b")) == (RANKS["debug"], RANKS["info"])


def test_what_an_operator_asks_of_a_path_goes_before_the_document_and_the_command() -> None:
    found = LogLevels("error", {"p/a/x": (path_pattern("p/a/x"), "warning")}, fixed=True)
    found.ask({"p/a": "debug"})
    asked = {path: found.of(path) for path in ("p", "p/a", "p/a/x", "p/ab")}
    assert asked == {
        "p": RANKS["error"],
        "p/a": RANKS["debug"],
        "p/a/x": RANKS["debug"],
        "p/ab": RANKS["error"],
    }
    found.change(levels("info"))  # another document
    assert (found.of("p/a"), found.least) == (RANKS["debug"], RANKS["debug"])
    found.ask({})
    assert (found.of("p/a"), found.least) == (RANKS["error"], RANKS["error"])
