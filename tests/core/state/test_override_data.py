"""Overrides as data: what a store is given, and what comes back from it."""

from __future__ import annotations

import pytest

from fsmv2.core.state.override_data import (
    NONE,
    Override,
    Overrides,
    VariableOverride,
    overrides_from_json,
    overrides_to_json,
)

PAUSE = Override("ann", "hands in the machine", 12.5)


@pytest.mark.parametrize("text", ["{", "[]", "null", "7", '{"pause": 3}', '{"who": 1}'])
def test_what_cannot_be_read_is_a_pause(text: str) -> None:
    found = overrides_from_json(text)
    assert found.pause is not None
    assert found.texts() == ("paused by somebody: what was stored of it cannot be read",)
    assert found.pause.at == 0.0  # nobody knows when


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(pause=PAUSE),
        Overrides(stop=Override("ann", "", 1.0, 99.5)),
        Overrides(
            variables={"PORT": VariableOverride("ann", "it moved", 1.0, None, {"a": [1, None]})}
        ),
        Overrides(PAUSE, PAUSE, {"A": VariableOverride("b", "", 0.0, 5.0, "x")}),
    ],
)
def test_they_come_back_from_a_store_as_they_were(overrides: Overrides) -> None:
    assert overrides
    assert overrides_from_json(overrides_to_json(overrides)) == overrides


def test_none_are_nothing_to_store() -> None:
    assert not NONE
    assert overrides_to_json(NONE) == ""
    assert NONE.texts() == ()


def test_a_pause_that_an_older_version_stored_is_read() -> None:
    text = '{"who":"ann","reason":"hands in the machine","at":12.5}'
    assert overrides_from_json(text) == Overrides(pause=PAUSE)


def test_each_is_told_with_who_until_when_and_why() -> None:
    overrides = Overrides(
        Override("ann", "", 0.0),
        Override("bob", "cleaning", 0.0, 3600.0),
        {"PORT": VariableOverride("eve", "it moved", 0.0, None, 503)},
    )
    assert overrides.texts() == (
        "paused by ann",
        "stopped by bob until 1970-01-01T01:00:00.000Z: cleaning",
        "PORT set by eve: it moved",
    )
