"""Log lines of libraries, kept off the screen: what matters stands in the tree, with its reason.

With FSMV2_DEBUG=1 everything from INFO on goes to stderr. Called before a tree is run. What
processes write comes the same way, and is not kept off: it is handed to whoever shows it.
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

NOISY = ("asyncio", "pymodbus", "nats", "mqtt", "aiomqtt", "paho")
"""Libraries that log what a worker already observed and explained."""
OUTPUT_LOG = "fsmv2.output"
"""The logger of what processes write."""
Wrote = Callable[[str, str, str, float], None]
"""Takes path, stream, text and time (Unix seconds) of a line; from any thread."""


class LogFilter:
    """The first of structlog's processors: lines of processes to `wrote`, the rest by level."""

    def __init__(self, level: int, wrote: Wrote | None) -> None:
        self._level = level
        self._wrote = wrote

    def __call__(
        self, _logger: Any, method: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Let an entry pass, or raise DropEvent."""
        if entry.get("logger") == OUTPUT_LOG:
            if self._wrote is not None:
                self._wrote(
                    entry["path"], entry.get("stream", ""), line_text(entry), written_at(entry)
                )
            raise structlog.DropEvent
        if logging.getLevelNamesMapping().get(method.upper(), logging.ERROR) < self._level:
            raise structlog.DropEvent
        return entry


class PrintableFormatter(logging.Formatter):
    """What libraries log quotes devices and brokers as they came."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines of a traceback."""
        return printable(super().format(record))


def line_text(entry: Mapping[str, Any]) -> str:
    """What a person reads of an entry that `process` logged of its output."""
    if "line" in entry:
        return str(entry["line"])
    return f"… {entry['lines']:,} lines left out; the last ones are in {entry['file']}"


def written_at(entry: Mapping[str, Any]) -> float:
    """When the line was written, which after a crash of fsmv2 may be long ago; else now."""
    try:
        return datetime.fromisoformat(entry["at"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def filter_logs(wrote: Wrote | None = None) -> None:
    """Send workers' own log lines to stderr, from warnings on; silence the libraries'.

    What processes write goes to `wrote`, or nowhere.
    """
    level = logging.INFO if debugging() else logging.WARNING

    kept = [one for one in structlog.get_config()["processors"] if not isinstance(one, LogFilter)]
    structlog.configure(
        processors=[LogFilter(level, wrote), *kept],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line, because the live tree puts its own stream in place of stderr.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=level)
    if not debugging():
        for name in NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
