"""One notification, as it is sent: JSON with a text that a person can read as it is."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from fsmv2.escaping import printable_line

LONGEST = 2_000
"""Characters of a message; the rest is cut off, as it goes to phones."""

_TOKEN = re.compile(r"\*\*\*((?:env|file):.+?)#[0-9a-f]{12}\*\*\*", re.DOTALL)
_PART_OF_TOKEN = re.compile(r"\*\*\*(?=\s*(?:env|file)\s*:)", re.IGNORECASE)
"""What the vault refuses to put secrets beside, as it may be what a filter left of one."""


class Notification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one target is sent. `id` stays the same when it is sent again.

    `text` is a whole line, `message` the part of it without level and path. `time`: when it
    happened. `repeated`: how often since the last notification about it. `counts` and `lines` are
    those of a summary: how many by event, and the first of them.
    """

    id: str
    event: str
    level: str
    time: str
    plant: str
    host: str
    text: str
    message: str
    path: str = ""
    worker_type: str = ""
    state: str = ""
    fields: Mapping[str, Any] = {}
    repeated: int = 0
    reminder: bool = False
    before_restart: bool = False
    counts: Mapping[str, int] = {}
    lines: tuple[str, ...] = ()


def notification(
    *,
    event: str,
    level: str,
    at: float,
    plant: str,
    message: str,
    path: str = "",
    worker_type: str = "",
    state: str = "",
    fields: Mapping[str, Any] | None = None,
    repeated: int = 0,
    counts: Mapping[str, int] | None = None,
    lines: tuple[str, ...] = (),
) -> Notification:
    """One about something that happened `at`, in Unix seconds."""
    message = cleaned(message)
    return Notification(
        id=secrets.token_hex(8),
        event=event,
        level=level,
        time=time_text(at),
        plant=plant,
        host=socket.gethostname(),
        text=_whole(level, path or plant, message, repeated),
        message=message,
        path=path,
        worker_type=worker_type,
        state=state,
        fields={} if fields is None else {key: _plain(value) for key, value in fields.items()},
        repeated=repeated,
        counts=counts or {},
        lines=lines,
    )


def again(told: Notification, *, before_restart: bool) -> Notification:
    """One that was told before: a reminder of what is so still, or told late, after a restart."""
    if before_restart:
        text = f"{told.text} (since before fsmv2 was restarted)"
        return msgspec.structs.replace(told, text=text, before_restart=True)
    text = f"{told.text} (still so since {told.time})"
    return msgspec.structs.replace(told, id=secrets.token_hex(8), text=text, reminder=True)


def time_text(at: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cleaned(text: str) -> str:
    """One line of bounded length, without what could later be taken for the token of a secret."""
    line = printable_line(_TOKEN.sub(r"[secret \1]", text).replace("\n", " "))
    line = _PART_OF_TOKEN.sub("[secret] ", line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _whole(level: str, path: str, message: str, repeated: int) -> str:
    often = f" ({repeated} times since the last notification)" if repeated else ""
    return f"{level.upper()} {path}: {message}{often}"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:50]]
    return cleaned(str(value))
