"""Lines of the log, as `fsmv2 logs` and the API give them."""

from __future__ import annotations

from fsmv2.operate.log_line import log_lines
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.other_events import WorkerLogged
from fsmv2.runtime.log.recent_lines import RecentLines


def test_a_line_has_what_its_author_gave_beside_it_and_the_lines_of_an_exception() -> None:
    recent = RecentLines()
    event = WorkerLogged(fields={"seconds": 3}, exception="Traceback:\n  at x\nValueError: \x1b[2J")
    recent(LogEntry(7.0, "warning", "worker_log", "slow", "p/a", fields=event, repeated=2))
    found = log_lines(recent)
    assert [line.text for line in found.lines] == [
        "slow seconds=3 (2 more times since)",
        "Traceback:",
        "  at x",
        "ValueError: \\x1b[2J",
    ]
    assert {(line.at, line.path, line.kind, line.level) for line in found.lines} == {
        (7.0, "p/a", "worker_log", "warning")
    }
    assert (found.last, found.begun) == (1, recent.begun)


def test_a_line_of_no_worker_is_of_the_program() -> None:
    recent = RecentLines()
    recent(LogEntry(7.0, "info", "notice", "it stops"))
    assert [line.path for line in log_lines(recent).lines] == ["fsmv2"]
    assert log_lines(recent, path="p").lines == ()


def test_beyond_the_limit_the_oldest_are_left_out_and_counted() -> None:
    recent = RecentLines()
    for number in range(5):
        recent(LogEntry(7.0, "debug", "tick", str(number), "p"))
    found = log_lines(recent, after=1, limit=3)
    assert [line.text for line in found.lines] == ["2", "3", "4"]
    assert (found.last, found.left_out) == (5, 1)
