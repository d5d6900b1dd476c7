"""What a program may request of a path: each posts one event with who asked."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.runtime.path_requests import PathRequests


class Posted(PathRequests):
    def __init__(self) -> None:
        self.events: list[Any] = []

    def _post(self, event: Any) -> None:
        self.events.append(event)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("restart", {}),
        ("pause", {"reason": "why"}),
        ("resume", {}),
        ("stop_path", {"reason": "why", "until": 5.0}),
        ("start_path", {}),
        ("set_variable", {"name": "rate", "value": [1], "reason": "why", "until": 5.0}),
        ("unset_variable", {"name": "rate"}),
        ("retry", {}),
        ("acknowledge", {"note": "mine"}),
    ],
)
def test_a_request_is_one_event_that_bears_all_that_was_given(
    name: str, given: dict[str, Any]
) -> None:
    posted = Posted()
    getattr(posted, name)("works/pump", who="shift 2", **given)
    (event,) = posted.events
    assert event.path == "works/pump"
    assert event.who == "shift 2"
    for field, value in given.items():
        assert getattr(event, field) == value


def test_without_a_name_it_is_the_program_that_asks() -> None:
    posted = Posted()
    posted.restart("works")
    assert posted.events[0].who == "program"
