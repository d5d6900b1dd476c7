"""What waits for a store: the latest of each path, removals in their order, events bounded."""

from __future__ import annotations

import pytest

from fsmv2 import ChildSpec, DesiredState, UserSpec
from fsmv2.core import DeleteStored, Report, Save
from fsmv2.runtime import backlog as backlog_module
from fsmv2.runtime.backlog import Backlog
from fsmv2.runtime.group_commit import GroupCommit
from fsmv2.store import EventRecord, MemoryStore


def save(path: str, state: str = "on", generation: int = 1) -> Save:
    declared = ChildSpec("x", "lamp", UserSpec())
    return Save(path, 1, generation, 0.0, 0.0, declared, DesiredState(state))


def event(text: str) -> EventRecord:
    return EventRecord(at=1.0, path="a", kind="note", level="info", state="", text=text)


def test_the_latest_of_a_path_takes_the_place_of_those_before() -> None:
    backlog = Backlog()
    for state in ("on", "off", "dim"):
        backlog.put(save("a", state))
    assert [s.desired.state for _, s in backlog.take().saves.values()] == ["dim"]
    assert not backlog


def test_what_was_removed_after_it_was_put_in_is_not_written() -> None:
    backlog = Backlog()
    backlog.put(save("a/b/c"))
    backlog.put(save("a/bb"))
    backlog.put(DeleteStored("a/b"))
    taken = backlog.take()
    assert set(taken.saves) == {"a/bb"}
    assert set(taken.deleted) == {"a/b"}


def test_what_was_put_in_after_a_removal_is_written() -> None:
    backlog = Backlog()
    backlog.put(DeleteStored("a"))
    backlog.put(save("a/b"))
    assert set(backlog.take().saves) == {"a/b"}


def test_what_comes_back_yields_to_what_came_meanwhile() -> None:
    """A lot could not be written; in the meantime `a` changed and `b` was removed."""
    backlog = Backlog()
    for path in ("a", "b", "c"):
        backlog.put(save(path, "old"))
    backlog.add_event(event("first"))
    taken = backlog.take()
    backlog.put(save("a", "new"))
    backlog.put(DeleteStored("b"))
    backlog.add_event(event("second"))
    backlog.put_back(taken)
    again = backlog.take()
    assert {p: s.desired.state for p, (_, s) in again.saves.items()} == {"a": "new", "c": "old"}
    assert set(again.deleted) == {"b"}
    assert [e.text for e in again.events] == ["first", "second"]


def test_events_that_find_no_room_are_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store fails for hours, and the plant has much to say."""
    monkeypatch.setattr(backlog_module, "EVENTS_WAITING", 10)
    store = MemoryStore()
    commit = GroupCommit(store, epoch=lambda: 100.0)
    for number in range(25):
        commit.add_event(Report("note", "a", str(number), float(number)))
    taken = commit.backlog.take()
    commit.backlog.put_back(taken)
    commit.add_event(Report("note", "a", "25", 25.0))
    commit.write(commit.backlog.take())
    stored = [e.event for e in store.events()]
    assert stored[0].text == "16 events before this could not be stored in time and are lost"
    assert [e.text for e in stored[1:]] == [str(n) for n in range(16, 26)]
    assert stored[-1].at == 125.0


def test_removals_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "DELETED_WAITING", 3)
    backlog = Backlog()
    for number in range(10):
        backlog.put(DeleteStored(f"a/{number}"))
    assert set(backlog.take().deleted) == {"a/7", "a/8", "a/9"}
