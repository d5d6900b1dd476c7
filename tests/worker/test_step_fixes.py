"""A step that raises: the fix is the line where that is what is wrong."""

from __future__ import annotations

import pytest

from fsmv2 import ObservedState, goto
from fsmv2.worker.step_fixes import step_fix


class Seen(ObservedState):
    """What is seen of a lamp."""

    level: int = 0


def misspelt() -> object:
    return getattr(Seen(), "levl")  # noqa: B009  (as an author has it)


def without_a_reason() -> object:
    return goto(misspelt)  # type: ignore[call-arg]  # the mistake


def not_judged() -> object:
    return 1 / Seen().level


@pytest.mark.parametrize(
    ("step", "fix"),
    [
        (misspelt, "Did you mean 'level' in FILE?"),
        (without_a_reason, "Correct FILE."),
        (not_judged, "Let the step answer stay(...) for what it cannot judge."),
    ],
)
def test_what_is_wrong_in_a_line_is_repaired_there(step: object, fix: str) -> None:
    assert callable(step)
    with pytest.raises(Exception) as caught:  # noqa: PT011  (each has its own)
        step()
    line = step.__code__.co_firstlineno + 1
    assert step_fix(caught.value) == fix.replace("FILE", f"{__file__}:{line}")
