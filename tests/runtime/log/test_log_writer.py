"""The thread of the log: who logs never waits, what is lost is counted, nothing ends it."""

from __future__ import annotations

import threading

from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import MOST, LogWriter
from fsmv2.runtime.log.other_events import LinesLeftOut


def entry(text: str, event: str = "notice") -> LogEntry:
    return LogEntry(0.0, "warning", event, text)


def test_lines_come_in_order_and_all_of_them() -> None:
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append])
    for number in range(1000):
        log.put(entry(str(number)))
    log.flush()
    assert [line.message for line in lines] == list(map(str, range(1000)))
    log.close()


def test_what_waits_is_bounded_and_the_rest_is_counted() -> None:
    lines: list[LogEntry] = []
    held, go_on = threading.Event(), threading.Event()

    def slow(line: LogEntry) -> None:
        held.set()
        assert go_on.wait(30)
        lines.append(line)

    log = LogWriter(LogLevels(), [slow])
    log.put(entry("first"))
    assert held.wait(30)
    for number in range(MOST + 25):
        log.put(entry(str(number)))
    go_on.set()
    log.flush(30)
    log.close()
    assert len(lines) == 1 + MOST + 1
    assert lines[-1].fields == LinesLeftOut(lines=25)
    assert lines[-1].message.startswith("25 lines left out here")


def test_a_sink_that_raises_costs_its_line_alone() -> None:
    lines: list[str] = []

    def sink(line: LogEntry) -> None:
        if line.message == "bad":
            raise RuntimeError("cannot")
        lines.append(line.message)

    log = LogWriter(LogLevels(), [sink])
    for text in ("one", "bad", "two"):
        log.put(entry(text))
    log.close()
    assert lines[:2] == ["one", "two"]
    assert lines[2].startswith("1 line left out")


def test_at_the_end_repeats_are_counted_and_nothing_more_is_taken() -> None:
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append])
    for _ in range(3):
        log.put(entry("again", "library_log"))
    log.close()
    assert [line.repeated for line in lines] == [0, 2]
    log.put(entry("late"))
    log.flush()
    assert len(lines) == 2


def test_a_secret_is_taken_out_of_all_that_is_written() -> None:
    from fsmv2 import Vault

    vault = Vault(environ={"PASSWORD": "canary-77-sings"})
    vault.from_environment("PASSWORD")
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append])
    log.redact = vault.redact
    log.put(entry("cannot connect as me:canary-77-sings"))
    log.close()
    assert "canary" not in lines[0].message
    assert "PASSWORD" in lines[0].message
