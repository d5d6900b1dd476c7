"""What is logged through structlog and Python's `logging`: into the log, and warnings to stderr.

Off the screen is kept what libraries say: what matters stands in the tree, with its reason. With
FSMV2_DEBUG=1, or a log at debug, all of it is logged. Called before a tree is run. What processes
write comes the same way, and is not kept off: it is handed to whoever shows it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

import structlog

from fsmv2.cli.error_messages import debugging
from fsmv2.escaping import printable
from fsmv2.runtime.log.entry import LogEntry, utc_milliseconds
from fsmv2.runtime.log.log_levels import RANKS
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.log.other_events import LibraryLogged, ProcessOutput
from fsmv2.runtime.worker_log import METHODS

NOISY = ("asyncio", "pymodbus", "nats", "mqtt", "aiomqtt", "paho")
"""Libraries that log what a worker already observed and explained."""
OUTPUT_LOG = "fsmv2.output"
"""The logger of what processes write."""
Wrote = Callable[[str, str, str, float], None]
"""Takes path, stream, text and time (Unix seconds) of a line; from any thread."""


class LogFilter:
    """The first of structlog's processors: lines of processes to `wrote`, the rest by level.

    An entry of a worker's logger is in `log` already; another one, of a logger that some code has
    made for itself, is put there.
    """

    def __init__(self, level: int, wrote: Wrote | None, log: LogWriter | None = None) -> None:
        self._level = level
        self._wrote = wrote
        self._log = log

    def __call__(
        self, _logger: Any, method: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Let an entry pass, or raise DropEvent."""
        if entry.get("logger") == OUTPUT_LOG:
            if self._wrote is not None:
                self._wrote(
                    entry["path"], entry.get("stream", ""), line_text(entry), written_at(entry)
                )
                if self._log is not None:
                    log_output(self._log, entry)
            raise structlog.DropEvent
        level = METHODS.get(method, method)
        if self._log is not None and "worker_type" not in entry:
            self._log_entry(self._log, level, entry)
        exclusive = self._log is not None and self._log.exclusive
        if exclusive or RANKS.get(level, RANKS["error"]) < self._level:
            raise structlog.DropEvent
        return entry

    @staticmethod
    def _log_entry(log: LogWriter, level: str, entry: Mapping[str, Any]) -> None:
        more = " ".join(
            f"{key}={value}" for key, value in entry.items() if key not in ("event", "logger")
        )
        text = f"{entry.get('event', '')} {more}".rstrip()
        log_library(log, level, str(entry.get("logger", "structlog")), text)


class PrintableFormatter(logging.Formatter):
    """What libraries log quotes devices and brokers as they came."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines of a traceback."""
        return printable(super().format(record))


class LibraryHandler(logging.Handler):
    """Puts what is logged through Python's `logging` into a log."""

    def __init__(self, log: LogWriter) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; it may come from any thread."""
        try:
            text, raised = record.getMessage(), ""
            if record.exc_info:
                raised = logging.Formatter().formatException(record.exc_info)
            level = METHODS.get(record.levelname.lower(), record.levelname.lower())
            log_library(self._log, level, record.name, text, raised)
        # A message whose arguments do not fit it must not end the log.
        except Exception:  # noqa: BLE001
            self.handleError(record)


def log_output(log: LogWriter, entry: Mapping[str, Any]) -> None:
    """Put a line that a process wrote into a log."""
    path = entry["path"]
    if RANKS["info"] >= log.levels.of(path):
        event = ProcessOutput(
            stream=entry.get("stream", ""),
            written_at=entry.get("at") or utc_milliseconds(time.time()),
        )
        log.put(
            LogEntry(
                time.time(),
                event.level,
                event.name,
                line_text(entry),
                path,
                entry.get("worker_type", ""),
                entry.get("incarnation", 0),
                state=log.state_of(path),
                fields=event,
            )
        )


def line_text(entry: Mapping[str, Any]) -> str:
    """What a person reads of an entry that `process` logged of its output."""
    if "line" in entry:
        return str(entry["line"])
    return f"… {entry['lines']:,} lines left out; the last ones are in {entry['file']}"


def log_library(log: LogWriter, level: str, logger: str, text: str, exception: str = "") -> None:
    """Put something that is of no worker into a log."""
    level = level if level in RANKS else "info"
    if RANKS[level] >= log.levels.level:
        event = LibraryLogged(logger=logger, exception=exception)
        log.put(LogEntry(time.time(), level, event.name, text, fields=event))


def written_at(entry: Mapping[str, Any]) -> float:
    """When the line was written, which after a crash of fsmv2 may be long ago; else now."""
    try:
        return datetime.fromisoformat(entry["at"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def filter_logs(wrote: Wrote | None = None, log: LogWriter | None = None) -> None:
    """Send workers' own log lines to stderr, from warnings on; silence the libraries'.

    What processes write goes to `wrote`, or nowhere. All but that goes into `log`, too; and only
    there, if it is shown where stderr is.
    """
    level = logging.INFO if debugging() else logging.WARNING
    least = level if log is None else min(level, log.levels.level)

    kept = [one for one in structlog.get_config()["processors"] if not isinstance(one, LogFilter)]
    structlog.configure(
        processors=[LogFilter(level, wrote, log), *kept],
        wrapper_class=structlog.make_filtering_bound_logger(min(least, logging.INFO)),
        # Asked for at each line, because the screen puts its own stream in place of stderr.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for ours in [one for one in root.handlers if isinstance(one, LibraryHandler | _Stderr)]:
        root.removeHandler(ours)
    if log is None or not log.exclusive:
        handler = _Stderr()
        handler.setLevel(level)
        handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s %(message)s"))
        root.addHandler(handler)
    if log is not None:
        root.addHandler(LibraryHandler(log))
    root.setLevel(least)
    loud = debugging() or (log is not None and log.levels.level <= logging.DEBUG)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET if loud else logging.CRITICAL)


class _Stderr(logging.StreamHandler[Any]):
    """Writes to what stderr is at that moment: the screen puts its own stream there."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """As `logging` asks for it."""
        return sys.stderr
