"""What waits is written at once: text that cannot be stored, and attempts after a failure."""

from __future__ import annotations

from fsmv2.core import Report
from fsmv2.runtime.group_commit import GroupCommit
from fsmv2.store import MemoryStore


def test_text_that_is_no_utf8_is_stored_with_a_mark() -> None:
    """A device's answer became part of a reason, byte for byte."""
    store = MemoryStore()
    commit = GroupCommit(store, epoch=lambda: 0.0)
    commit.add_event(Report("note", "a", "says \udcff" + "x" * 10_000, 0.0))
    assert commit.write(commit.backlog.take()) == []
    text = store.events()[0].event.text
    assert text.startswith("says ?")
    assert len(text) == 4_000


def test_attempts_come_ever_later_up_to_a_cap() -> None:
    commit = GroupCommit(MemoryStore(), epoch=lambda: 0.0)
    waits = []
    for failures in range(8):
        commit.failures = failures
        waits.append(commit.retry_in)
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    commit.failures = 10**6
    assert commit.retry_in == 30.0
