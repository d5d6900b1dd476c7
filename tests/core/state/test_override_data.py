"""Overrides as data: what a store is given, and what comes back from it."""

from __future__ import annotations

import pytest

from fsmv2.core.state.override_data import (
    NONE,
    Override,
    Overrides,
    VariableOverride,
    lasting_text,
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


def test_one_that_was_never_warned_of_is_stored_as_it_always_was() -> None:
    assert overrides_to_json(Overrides(pause=PAUSE)) == (
        '{"pause":{"who":"ann","reason":"hands in the machine","at":12.5,"until":null}}'
    )
    warned = Overrides(pause=PAUSE, warned={"pause": 86_401.0})
    assert overrides_from_json(overrides_to_json(warned)) == warned


DAY = 86_400.0


def test_it_is_warned_of_after_a_while_and_then_each_time_it_passes() -> None:
    asked = Override("ann", "", 100.0)
    assert Overrides(asked).warn_at("pause", asked, DAY) == 100.0 + DAY
    warned = Overrides(asked, warned={"pause": 5 * DAY, "stop": 9 * DAY})
    assert warned.warn_at("pause", asked, DAY) == 6 * DAY
    assert warned.warn_at("pause", Override("bob", "", 7 * DAY), DAY) == 8 * DAY, "a later one"
    assert warned.warn_at("pause", asked, 0.0) is None, "never"
    assert not Overrides(warned={"pause": DAY}), "nothing is in force"


def test_one_that_lasts_says_for_how_long() -> None:
    overrides = Overrides(Override("ann", "", 100.0), Override("bob", "", 100.0 + 2 * DAY))
    assert overrides.texts(100.0 + 3.5 * DAY, 2 * DAY) == (
        "paused by ann (in force for 3 days)",
        "stopped by bob",
    )
    assert overrides.texts(100.0 + 3.5 * DAY, 0.0) == ("paused by ann", "stopped by bob")
    unreadable = overrides_from_json("{").texts(DAY, DAY)[0]
    assert unreadable.endswith("(in force since an unknown time)")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.0, "in force for 1 second"),
        (119.0, "in force for 1 minute"),
        (7200.0, "in force for 2 hours"),
        (DAY, "in force for 1 day"),
        (9.9 * DAY, "in force for 9 days"),
        (0.5, "in force for 0 seconds"),
    ],
)
def test_for_how_long_in_whole_units(seconds: float, text: str) -> None:
    assert lasting_text(seconds) == text
