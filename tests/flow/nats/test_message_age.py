"""How old a message may be that waited while this process stood still."""

from __future__ import annotations

import pytest

from fsmv2.flow.nats.message_age import AFTERGLOW, StallDetector


def test_what_waited_while_the_process_stood_still_is_as_old_as_the_standstill() -> None:
    """A stopped process reads old messages as if they had come now."""
    alert = StallDetector(100.0)
    for step in range(1, 9):
        alert.beat(100 + step / 4)
    assert alert.arrived(102.1) == 102.1
    assert alert.arrived(160.0) == pytest.approx(102.1), "read before the next beat"
    alert.beat(160.1)
    assert alert.arrived(160.2) == pytest.approx(160.2 - 57.9), "and just after it"
    for step in range(int(AFTERGLOW * 4)):
        alert.beat(160.25 + step / 4)
    assert alert.arrived(160.1 + AFTERGLOW) == pytest.approx(160.1 + AFTERGLOW)


def test_a_loop_that_is_always_late_makes_no_command_older_and_older() -> None:
    """Slow is not stopped."""
    alert = StallDetector(0.0)
    for step in range(1, 100):
        assert alert.arrived(step * 0.7) >= step * 0.7 - 0.71
