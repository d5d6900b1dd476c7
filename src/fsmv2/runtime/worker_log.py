"""The logger that author code is handed: bound to its path and cause, its entries printable.

Secrets are taken out of it. It has the fields of every line of the log, and its entries go into the
log of its tree, if there is one, as `worker_log`; what an author gives beside the text stands there
under `fields`, so that no author can write over a path or a level.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import msgspec
import structlog

from fsmv2.containment import ANY_RAISED
from fsmv2.escaping import printable, printable_line
from fsmv2.model import Vault
from fsmv2.model.data.text_map import map_texts
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import RANKS
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.log.other_events import WorkerLogged

LONGEST = 500
"""Characters of a value that cannot be copied."""

METHODS: Mapping[str, str] = {
    "msg": "info",
    "warn": "warning",
    "exception": "error",
    "err": "error",
    "critical": "error",
    "fatal": "error",
}
"""Levels of the methods that are not named after theirs."""


def _no_state(_: str) -> str:
    return ""


class LogOrigin(msgspec.Struct, frozen=True):
    """Whose logger it is. `state_of` gives the state of a path, from any thread; `log`: its tree's.

    `cause`: the id of the tick that asked for an `action`, whose reason is known; 0 and empty: it
    logs from a collection.
    """

    path: str
    worker_type: str = ""
    incarnation: int = 0
    cause: int = 0
    action: str = ""
    reason: str = ""
    state_of: Callable[[str], str] = _no_state
    log: LogWriter | None = None

    def bound(self) -> dict[str, Any]:
        """What stands in each entry."""
        found: dict[str, Any] = {
            "path": self.path,
            "worker_type": self.worker_type,
            "incarnation": self.incarnation,
            "cause": self.cause,
        }
        if self.action:
            found |= {"action": self.action, "reason": self.reason}
        return found


class WorkerLog:
    """The logger of one worker, made when it is first used: most collections log nothing."""

    __slots__ = ("_origin", "_secrets")

    def __init__(self, origin: LogOrigin, secrets: Vault) -> None:
        self._origin = origin
        self._secrets = secrets

    def __getattr__(self, name: str) -> Any:
        log = self._origin.log
        if log is not None:
            # A debug line that nobody wants costs its author nothing, not even a logger.
            rank = RANKS.get(METHODS.get(name, name))
            if rank is not None and rank < _least(log, self._origin.path):
                return _nothing
        return getattr(worker_log(self._origin, self._secrets), name)


def _nothing(*_: Any, **__: Any) -> None:
    """Logs nothing."""


def _least(log: LogWriter, path: str) -> int:
    """The lowest rank that is of use; who else is configured to log takes those from info on."""
    least = log.levels.of(path)
    return least if log.exclusive else min(least, RANKS["info"])


def worker_log(origin: LogOrigin, secrets: Vault) -> Any:
    """A structlog logger; it writes into the tree's log, and where structlog is configured to."""
    bound, log = origin.bound(), origin.log

    def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> Any:
        return {key: secrets.redact(_as_text(value)) for key, value in entry.items()}

    def with_state(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> Any:
        entry.setdefault("state", origin.state_of(origin.path))
        return entry

    def to_log(_logger: Any, name: str, entry: MutableMapping[str, Any]) -> Any:
        if log is not None:
            line = _entry(origin, bound, name, entry)
            if RANKS[line.level] >= log.levels.of(line.path):
                log.put(line)
            if log.exclusive:
                raise structlog.DropEvent
        return entry

    # Exceptions are made text first: the message of one may hold what it was called with.
    first = [structlog.dev.set_exc_info, structlog.processors.format_exc_info, with_state]
    own = [redact, log_printable] if secrets else [log_printable]
    chain = [*first, *own, to_log, *structlog.get_config()["processors"]]
    wrapper = None
    if log is not None:
        wrapper = structlog.make_filtering_bound_logger(_least(log, origin.path))
    return structlog.wrap_logger(None, processors=chain, wrapper_class=wrapper, **bound)


SEVERAL_LINES = ("exception", "stack")
"""Keys of an entry whose lines are our own, not those of a text that would like to be an entry."""


def log_printable(
    _logger: Any, _name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog: an entry is one line, and no text in it moves a cursor."""
    return {
        printable_line(key): map_texts(value, printable if key in SEVERAL_LINES else printable_line)
        for key, value in entry.items()
    }


def _entry(
    origin: LogOrigin, bound: Mapping[str, Any], method: str, entry: Mapping[str, Any]
) -> LogEntry:
    """A structlog entry as a line of the log."""
    ours = {"event", "exception", "state", *bound}
    given = {k: v for k, v in entry.items() if k not in ours or bound.get(k, v) != v}
    event = WorkerLogged(
        fields=_plain(given), action=origin.action, exception=str(entry.get("exception", ""))
    )
    return LogEntry(
        time.time(),
        METHODS.get(method, method),
        event.name,
        str(entry.get("event", "")),
        origin.path,
        origin.worker_type,
        origin.incarnation,
        origin.cause,
        origin.state_of(origin.path),
        event,
    )


def _plain(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Copied, as another thread writes it, and the author may change it meanwhile."""
    try:
        copied: Mapping[str, Any] = msgspec.to_builtins(given, enc_hook=_as_text, str_keys=True)
        return copied
    except ANY_RAISED:  # what refers to itself, say
        return {key: str(_as_text(value))[:LONGEST] for key, value in given.items()}


def _as_text(value: Any) -> Any:
    plain = isinstance(value, str | bytes | int | float | bool | list | tuple | dict | None)
    if plain:
        return value
    try:
        return str(value)
    except ANY_RAISED as error:  # a line of the log is no reason for a collection to fail
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
