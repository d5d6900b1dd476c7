"""An event is written as `ExactWriter` does, whether it is encoded at once or not."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fsmv2 import ObservedState
from fsmv2.core import ActionEnded, Event, Observed, StopRequested
from fsmv2.model.data.codec import ExactWriter
from fsmv2.model.data.codec_reader import ExactReader
from fsmv2.runtime.journal.event_writer import EventWriter


class Seen(ObservedState):
    """What is seen of a tank."""

    level: Any = 0
    note: Any = ""


class Loud(Seen):
    """One with a property over a field of its parent."""

    note = property(lambda self: "LOUD")  # type: ignore[assignment]


def written(event: Event) -> tuple[bytes, list[tuple[str, str]]]:
    """What is written of it, and what could not be."""
    lost: list[tuple[str, str]] = []
    writer = EventWriter(lambda where, kind: lost.append((where, kind)))
    encoded = msgspec.msgpack.encode(writer.write(event))
    assert msgspec.msgpack.encode(writer.write(event)) == encoded, "each is written by itself"
    return encoded, lost[: len(lost) // 2]


def exact(event: Event) -> bytes:
    """What `ExactWriter` writes of it."""
    return msgspec.msgpack.encode(ExactWriter().write(event))


def observed(level: Any, note: Any = "", error: str = "") -> Observed:
    """An observation."""
    return Observed("g/a", 1, 2.5, Seen(level=level, note=note), error)


@pytest.mark.parametrize(
    "event",
    [
        observed(1),
        observed(1.5, "ä"),
        observed(True, None),
        observed(math.inf),
        observed(2**64),
        observed(-(2**63)),
        observed(1, "\ud800"),
        observed(1, error="\ud800"),
        observed({"a": (1, [2])}),
        observed([Seen()], Seen()),
        Observed("g/ä", 1, 0.0, Loud(note="soft")),
        Observed("g/a", 1, 0.0, None, "no answer"),
        ActionEnded("g/a", 1, 2, "success", result={"a": 1}),  # type: ignore[arg-type]
        StopRequested("shift 2"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_it_is_written_as_exactly_as_any_data(event: Event) -> None:
    assert written(event) == (exact(event), [])


SCALAR = some.one_of(
    some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=3)
)


@given(SCALAR, some.one_of(SCALAR, some.lists(SCALAR, max_size=2)), some.text(max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_observation_is_read_as_it_was(level: Any, note: Any, error: str) -> None:
    event = observed(level, note, error)
    plain, _ = written(event)
    assert plain == exact(event)
    found = ExactReader(lambda name: {"Seen": Seen}.get(name.rpartition(":")[2], Observed)).read(
        msgspec.msgpack.decode(plain)
    )
    assert repr(found) == repr(event)


def test_what_is_no_data_is_named_with_the_worker_of_which_it_was_seen() -> None:
    _, lost = written(observed(object()))
    assert lost == [("Observed of g/a", "builtins:object")]


def test_what_is_nested_without_end_is_left_out() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert EventWriter(lambda where, kind: None).write(observed(endless)) is None
