"""The logger that author code is handed: bound to its path and cause, its entries printable.

Secrets are taken out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from fsmv2.containment import ANY_RAISED
from fsmv2.escaping import printable, printable_line
from fsmv2.model import Vault
from fsmv2.model.data.text_map import map_texts

OBSERVES: Mapping[str, Any] = {"cause": "observation"}


class WorkerLog:
    """The logger of one worker, made when it is first used: most collections log nothing."""

    __slots__ = ("_cause", "_path", "_secrets")

    def __init__(self, path: str, secrets: Vault, cause: Mapping[str, Any] = OBSERVES) -> None:
        """`cause`: what is bound beside the path; for an action its name, tick and reason."""
        self._path = path
        self._secrets = secrets
        self._cause = cause

    def __getattr__(self, name: str) -> Any:
        return getattr(worker_log(self._path, self._secrets, self._cause), name)


def worker_log(path: str, secrets: Vault, cause: Mapping[str, Any] = OBSERVES) -> Any:
    """A structlog logger; it writes where the program's configuration of structlog says."""

    def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> Any:
        return {key: secrets.redact(_as_text(value)) for key, value in entry.items()}

    # Exceptions are made text first: the message of one may hold what it was called with.
    first = [structlog.dev.set_exc_info, structlog.processors.format_exc_info]
    own = [redact, log_printable] if secrets else [log_printable]
    chain = [*first, *own, *structlog.get_config()["processors"]]
    return structlog.wrap_logger(None, processors=chain, path=path, **cause)


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


def _as_text(value: Any) -> Any:
    plain = isinstance(value, str | bytes | int | float | bool | list | tuple | dict | None)
    if plain:
        return value
    try:
        return str(value)
    except ANY_RAISED as error:  # a line of the log is no reason for a collection to fail
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
