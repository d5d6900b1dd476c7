"""The last lines of a log, in memory for whoever asks."""

from __future__ import annotations

from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.event_table import event_table
from fsmv2.runtime.log.recent_lines import KEPT, ONLY_LOGGED, RecentLines


def line(event: str = "worker_log", path: str = "p/a", at: float = 1.0, text: str = "") -> LogEntry:
    return LogEntry(at, "info", event, text, path)


def test_each_has_what_is_of_a_path_and_below_after_a_number_and_a_time() -> None:
    recent = RecentLines()
    for at, path in enumerate(("p/a", "p/a/b", "p/ab", "p")):
        recent(line(path=path, at=float(at)))
    found, last = recent.after(path="p/a")
    assert ([one.path for one in found], last) == (["p/a", "p/a/b"], 4)
    assert [one.path for one in recent.after(2)[0]] == ["p/ab", "p"]
    assert [one.path for one in recent.after(since=3.0)[0]] == ["p"]


def test_what_is_stored_as_an_event_or_kept_in_a_file_of_its_own_is_not_kept_twice() -> None:
    recent = RecentLines()
    for event in ("state_changed", "worker_error", "action_completed", "process_output"):
        recent(line(event))
    assert recent.after() == ([], 0)
    assert set(event_table()) >= ONLY_LOGGED


def test_they_are_bounded() -> None:
    recent = RecentLines()
    for number in range(KEPT + 10):
        recent(line(text=str(number)))
    found, last = recent.after()
    assert (len(found), found[0].message, last) == (KEPT, "10", KEPT + 10)
