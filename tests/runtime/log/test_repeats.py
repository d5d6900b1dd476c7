"""An error that repeats is written once, then counted; other errors are written at once."""

from __future__ import annotations

import msgspec

from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.repeats import EVERY, KEPT, TEXTS, Repeats


def error(text: str = "no answer", path: str = "g/a", cause: int = 0) -> LogEntry:
    return LogEntry(0.0, "warning", "worker_error", text, path=path, cause=cause)


def test_the_first_is_written_and_the_others_are_a_summary_each_minute() -> None:
    repeats = Repeats()
    assert repeats.take(error(), 0.0) == [error()]
    for second in range(1, 60):
        assert repeats.take(error(), second) == []
    assert repeats.due(EVERY - 1) == []
    (summary,) = repeats.due(EVERY)
    assert (summary.message, summary.repeated) == ("no answer", 59)
    assert repeats.due(EVERY + 1) == []
    repeats.take(error(), EVERY + 2)
    assert [one.repeated for one in repeats.due(2 * EVERY)] == [1]


def test_another_error_is_written_at_once_and_so_is_one_of_another_path() -> None:
    repeats = Repeats()
    repeats.take(error(), 0.0)
    assert repeats.take(error("refused"), 1.0) == [error("refused")]
    assert repeats.take(error(path="g/b"), 1.0) == [error(path="g/b")]


def test_two_that_take_turns_are_both_folded() -> None:
    repeats = Repeats()
    written = [repeats.take(error(text), n) for n in range(10) for text in ("one", "two")]
    assert sum(map(len, written)) == 2


def test_after_a_silent_minute_it_is_news() -> None:
    repeats = Repeats()
    repeats.take(error(), 0.0)
    assert repeats.due(EVERY) == []
    assert repeats.take(error(), EVERY + 1) == [error()]


def test_an_error_that_comes_and_goes_is_folded_and_so_is_its_end() -> None:
    repeats = Repeats()
    end = LogEntry(0.0, "info", "condition_changed", "Observed=True", path="g/a")
    written = [repeats.take(one, n) for n in range(10) for one in (error(), end)]
    assert sum(map(len, written)) == 2
    assert [one.repeated for one in repeats.due(EVERY)] == [9, 9]


def test_what_is_no_error_is_never_folded() -> None:
    repeats = Repeats()
    info = msgspec.structs.replace(error(), level="info")
    other = msgspec.structs.replace(error(), event="state_changed")
    for one in (info, other):
        assert repeats.take(one, 0.0) == repeats.take(one, 0.0) == [one]


def test_an_error_that_is_said_twice_of_one_tick_is_one() -> None:
    repeats = Repeats()
    repeats.take(error(cause=7), 0.0)
    assert repeats.take(error(cause=7), 0.0) == []
    assert repeats.flush() == []


def test_texts_that_never_are_the_same_are_counted_together() -> None:
    repeats = Repeats()
    written = sum(len(repeats.take(error(f"id {n}"), 0.0)) for n in range(10_000))
    assert written == TEXTS + 1
    (summary,) = repeats.due(EVERY)
    assert (summary.repeated, summary.message) == (10_000 - TEXTS - 1, "id 9999")


def test_memory_is_bounded_and_what_is_dropped_was_written() -> None:
    repeats = Repeats()
    repeats.take(error(path="first"), 0.0)
    repeats.take(error(path="first"), 0.0)
    lines = [one for n in range(KEPT + 50) for one in repeats.take(error(path=str(n)), 1.0)]
    assert [one.repeated for one in lines if one.path == "first"] == [1]
    assert len(repeats._known) == KEPT
    assert len(repeats._texts) <= KEPT
    repeats.due(3 * EVERY)
    assert not repeats._known
    assert not repeats._texts


def test_at_the_end_what_was_counted_is_written() -> None:
    repeats = Repeats()
    for _ in range(3):
        repeats.take(error(), 0.0)
    assert [one.repeated for one in repeats.flush()] == [2]
    assert repeats.flush() == []
