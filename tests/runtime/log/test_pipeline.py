"""From what happens to what is written: levels first, then repeats."""

from __future__ import annotations

from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.pipeline import LogPipeline


def error(level: str = "warning") -> LogEntry:
    return LogEntry(0.0, level, "worker_error", "no answer", path="g/a")


def test_what_is_below_the_level_of_its_path_is_not_even_counted() -> None:
    pipeline = LogPipeline(LogLevels("error"))
    for second in range(5):
        assert pipeline.take(error(), second) == []
    assert pipeline.due(120.0, 120.0) == []
    assert pipeline.flush() == []


def test_repeats_are_one_line_later() -> None:
    pipeline = LogPipeline(LogLevels())
    assert pipeline.take(error(), 0.0) == [error()]
    assert pipeline.take(error(), 1.0) == []
    (summary,) = pipeline.due(61.0, 61.0)
    assert summary.path == "g/a"
    assert pipeline.flush() == []


def test_what_was_counted_is_written_at_the_end() -> None:
    pipeline = LogPipeline(LogLevels())
    pipeline.take(error(), 0.0)
    pipeline.take(error(), 1.0)
    assert len(pipeline.flush()) == 1
