"""Events are facts: immutable, cheap, and each names the incarnation that it is about."""

from __future__ import annotations

import inspect
from typing import get_args

import msgspec
import pytest

from fsmv2.core.contract import events

EVENTS = get_args(events.Event)

OF_AN_INCARNATION = (
    events.Observed,
    events.ActionEnded,
    events.ActionRefused,
    events.ActionQueued,
    events.ActionOverdue,
    events.ActionUnstuck,
    events.Released,
)
"""What the runtime answers with; it may be late, and then its path has another instance."""


def test_every_event_of_the_file_is_one_that_the_core_can_be_handed() -> None:
    classes = vars(events).values()
    defined = [c for c in classes if inspect.isclass(c) and c.__module__ == events.__name__]
    assert {*defined} == {*EVENTS}


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_immutable_and_no_work_for_the_garbage_collector(
    event: type[msgspec.Struct],
) -> None:
    assert event.__struct_config__.frozen
    assert not event.__struct_config__.gc


@pytest.mark.parametrize("event", EVENTS)
def test_an_answer_of_the_runtime_names_the_incarnation(event: type[msgspec.Struct]) -> None:
    named = {"path", "incarnation"} <= {*event.__struct_fields__}
    assert named is (event in OF_AN_INCARNATION)
