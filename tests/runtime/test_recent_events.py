"""Events of a tree without a store, in memory."""

from __future__ import annotations

import pytest

from fsmv2.core import Report
from fsmv2.runtime import recent_events
from fsmv2.runtime.recent_events import RecentEvents


def test_they_are_asked_for_as_those_of_a_store() -> None:
    recent = RecentEvents(lambda: 100.0)
    for at, path in enumerate(("p/a", "p/a/b", "p/ab")):
        recent.add_event(Report("command", path, f"number {at}", float(at)))
    found = recent.events(path="p/a")
    assert [(one.id, one.event.at, one.event.text) for one in found] == [
        (1, 100.0, "number 0"),
        (2, 101.0, "number 1"),
    ]
    assert [one.id for one in recent.events(after=1, since=102.0)] == [3]
    assert [one.id for one in recent.events(limit=1)] == [3]


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_events, "KEPT", 2)
    recent = RecentEvents(lambda: 0.0)
    for at in range(5):
        recent.add_event(Report("command", "p", "", float(at)))
    assert [one.id for one in recent.events()] == [4, 5]
