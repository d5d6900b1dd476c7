"""One line of the log: as data, and as JSON.

Text from outside is made printable in it, whoever wrote it. Called by the log's thread alone: a
line costs several microseconds, which no tick pays.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fsmv2.core.contract.log_events import LogEvent
from fsmv2.escaping import printable, printable_line
from fsmv2.model.data.text_map import map_texts

Redact = Callable[[Any], Any]

COMMON = ("time", "level", "event", "path", "worker_type", "incarnation", "cause", "state")
"""Fields that every line has, in this order; of a line about no worker they are empty, or 0."""

SEVERAL_LINES = frozenset({"exception"})
"""Fields whose lines are our own, not those of a text that would like to be another entry."""


class LogEntry(msgspec.Struct, frozen=True):
    """What is logged. `time` in Unix seconds; `cause`: the id of the tick that led to it, or 0.

    `event` is its name, `fields` are those of the event. `kind` is that of a report, for people.
    `repeated`: of a summary, how often it happened since the last line of it.
    """

    time: float
    level: str
    event: str
    message: str
    path: str = ""
    worker_type: str = ""
    incarnation: int = 0
    cause: int = 0
    state: str = ""
    fields: LogEvent | None = None
    kind: str = ""
    repeated: int = 0


def line_fields(entry: LogEntry) -> dict[str, Any]:
    """The fields of a line, in order, fit to be shown."""
    found: dict[str, Any] = {
        "time": utc_milliseconds(entry.time),
        "level": entry.level,
        "event": entry.event,
        "path": entry.path,
        "worker_type": entry.worker_type,
        "incarnation": entry.incarnation,
        "cause": entry.cause,
        "state": entry.state,
    }
    if entry.fields is not None:
        own = msgspec.to_builtins(entry.fields, enc_hook=str, str_keys=True)
        del own["event"]
        found.update(own)
    if entry.repeated:
        found["repeated"] = entry.repeated
    found["message"] = entry.message
    return found


def json_line(entry: LogEntry) -> str:
    """The line as JSON, without its end."""
    found = line_fields(entry)
    text = _encode(found).decode()
    # What is not printable has become an escape, or stands there as it is.
    if "\\" in text or not text.isprintable():
        text = _encode(_shown(found)).decode()
    return text


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        printable_line(key): map_texts(value, printable if key in SEVERAL_LINES else printable_line)
        for key, value in found.items()
    }


def utc_milliseconds(seconds: float) -> str:
    """A time in Unix seconds as ISO 8601 in UTC, with milliseconds."""
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_encode = msgspec.json.Encoder(enc_hook=str).encode
