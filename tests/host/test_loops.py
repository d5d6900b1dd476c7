"""What our loops do to the process they run in: threads take turns often."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from fsmv2.host.loops import YIELDS_AFTER, new_loop


@pytest.fixture
def interval() -> Iterator[None]:
    """Whatever a test sets is set back."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("interval")
@pytest.mark.parametrize(
    ("before", "after"), [(0.005, YIELDS_AFTER), (YIELDS_AFTER / 2, YIELDS_AFTER / 2)]
)
def test_threads_take_turns_often_once_there_is_a_loop_of_ours(before: float, after: float) -> None:
    sys.setswitchinterval(before)
    new_loop().close()
    assert sys.getswitchinterval() == pytest.approx(after)
