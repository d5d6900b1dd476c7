"""The small records of a supervisor: what each says of itself."""

from __future__ import annotations

import pytest

from fsmv2.core.state.parts import CheckState, DecidedBy, Pause, pause_from_json, pause_to_json
from fsmv2.worker import Fault


def test_a_stored_pause_that_cannot_be_read_is_a_pause() -> None:
    pause = pause_from_json("{")
    assert str(pause) == "paused by somebody: what was stored of it cannot be read"
    assert pause.at == 0.0  # nobody knows when


@pytest.mark.parametrize("pause", [Pause("ann", "hands in the machine", 12.5), None])
def test_a_pause_comes_back_from_a_store_as_it_was(pause: Pause | None) -> None:
    text = pause_to_json(pause)
    assert (pause_from_json(text) if text else None) == pause


def test_a_pause_without_a_reason_names_who() -> None:
    assert str(Pause("ann", "", 0.0)) == "paused by ann"


@pytest.mark.parametrize(
    ("fault", "open_", "unknown", "shown"),
    [
        (None, False, "", "healthy"),
        (None, False, "b was not seen", "unknown: b was not seen"),
        (Fault("b", "dark"), False, "", "b is at fault, to be confirmed: dark"),
        (Fault("b", "dark"), True, "", "b is at fault: dark"),
        (Fault("b", "dark"), True, "not seen", "b is at fault: dark; unknown now: not seen"),
    ],
)
def test_a_check_is_shown_with_its_last_answer(
    fault: Fault | None, open_: bool, unknown: str, shown: str
) -> None:
    check = CheckState()
    check.fault, check.open, check.unknown = fault, open_, unknown
    assert str(check) == shown


def test_who_decides_is_listed_strongest_first() -> None:
    assert [by.value for by in DecidedBy][:2] == ["stop", "ended"]
    assert [by.value for by in DecidedBy][-2:] == ["parent", "own"]
