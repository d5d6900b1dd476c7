"""The small records of a supervisor: what each says of itself."""

from __future__ import annotations

import pytest

from fsmv2.core.state.parts import CheckState, DecidedBy
from fsmv2.worker import Fault


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
