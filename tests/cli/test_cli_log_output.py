"""Where the log of `run` goes, and how its lines look to people."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest
import structlog

from forked_python import fsmv2
from fsmv2.cli import log_output
from fsmv2.cli.log_filter import LibraryHandler, filter_logs
from fsmv2.cli.log_output import LogOptions, shown_format, text_line
from fsmv2.cli.run_entries import notice
from fsmv2.core.contract.log_events import StateChanged, WorkerError
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.log.other_events import ProcessOutput

CHANGED = StateChanged(from_state="off", phase="running", reason="asked to run")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            LogEntry(0.0, "info", CHANGED.name, "off → on: asked to run", "p/m", fields=CHANGED),
            "p/m  off → on: asked to run",
        ),
        (
            LogEntry(0.0, "warning", "worker_error", "no\nanswer", "p/m", repeated=12),
            "p/m  worker_error: no answer (12 more times since)",
        ),
        (
            LogEntry(
                0.0,
                "info",
                "process_output",
                "  at main()\x1b[2J",
                "p/w",
                fields=ProcessOutput(stream="out", written_at=""),
            ),
            r"p/w out |   at main()\x1b[2J",
        ),
        (notice("stopping"), "fsmv2  stopping"),
    ],
)
def test_a_line_for_people_says_who_and_what(entry: LogEntry, text: str) -> None:
    assert text_line(entry)[13:] == text


@pytest.mark.parametrize(
    ("options", "as_json", "live", "terminal", "format_"),
    [
        (LogOptions(), False, False, False, "json"),
        (LogOptions(), False, False, True, None),
        (LogOptions(), True, False, False, None),
        (LogOptions(), False, True, False, None),
        (LogOptions(format="text"), False, False, False, "text"),
        (LogOptions(format="text"), False, False, True, "text"),
        (LogOptions(format="text"), True, False, False, None),
    ],
)
def test_json_off_a_terminal_the_tree_on_one_and_what_is_asked_for(
    options: LogOptions,
    as_json: bool,
    live: bool,
    terminal: bool,
    format_: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_output.sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert shown_format(options, as_json=as_json, live=live) == format_


def test_libraries_and_loggers_of_ones_own_come_into_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append], exclusive=True)
    filter_logs(None, log)
    logging.getLogger("a.library").warning("port %d", 80)
    logging.getLogger("nats").error("not asked for")
    logging.getLogger("some").debug("too little")
    structlog.get_logger("mine").warning("of my own", count=3)
    log.close()
    assert [(one.level, one.message) for one in lines] == [
        ("warning", "port 80"),
        ("warning", "of my own count=3"),
    ]
    assert capsys.readouterr().err == ""


def test_called_again_nothing_is_logged_twice() -> None:
    log = LogWriter(LogLevels(), [], exclusive=True)
    filter_logs(None, log)
    filter_logs(None, log)
    handlers = logging.getLogger().handlers
    assert len([one for one in handlers if isinstance(one, LibraryHandler)]) == 1
    log.close()


def test_at_debug_the_libraries_are_heard_that_are_silent_else() -> None:
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels("debug"), [lines.append], exclusive=True)
    filter_logs(None, log)
    logging.getLogger("pymodbus").debug("frame")
    log.close()
    assert [one.message for one in lines] == ["frame"]


def test_an_error_of_a_worker_is_named() -> None:
    event = WorkerError(error="no answer", source="Observed")
    line = LogEntry(0.0, event.level, event.name, event.error, "p/m", fields=event)
    assert text_line(line).endswith("p/m  worker_error: no answer")


@pytest.mark.real
def test_a_file_has_the_log_beside_whatever_is_shown(tmp_path: Path) -> None:
    document, file = tmp_path / "plant.yaml", tmp_path / "fsmv2.log"
    document.write_text("agent: {name: edge}\n")
    command = ["run", str(document), "--for", "1500ms"]
    more = ["--state-dir", str(tmp_path / "state"), "--log-file", str(file), "--log-format", "text"]
    ran = fsmv2(*command, *more)
    assert ran.returncode in (0, 3), ran.stderr  # 3: a busy machine has not started it by then
    assert "edge  stopped → running: starts" in file.read_text()
    assert file.read_text() == ran.stdout
    file.unlink()
    more[-2:] = ["--json", "--log-level", "warning"]
    ran = fsmv2(*command, *more)
    assert ran.returncode in (0, 3), ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["kind"] == "summary"
    assert file.read_text() == ""


@pytest.mark.real
def test_a_file_that_cannot_be_opened_is_said_before_anything_starts(tmp_path: Path) -> None:
    document = tmp_path / "plant.yaml"
    document.write_text("agent: {name: edge}\n")
    command = ["run", str(document)]
    more = ["--state-dir", str(tmp_path / "state"), "--log-file", str(tmp_path / "no" / "log")]
    ran = fsmv2(*command, *more)
    assert ran.returncode == 1
    assert "cannot be opened: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
