"""The logger that author code is handed: bound to its path and cause, and without secrets."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from fsmv2.spec import Vault

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
    if not secrets:
        return structlog.get_logger("fsmv2.worker", path=path, **cause)  # made when first used

    def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> Any:
        return {key: secrets.redact(_as_text(value)) for key, value in entry.items()}

    # Exceptions are made text first: the message of one may hold what it was called with.
    first = [structlog.dev.set_exc_info, structlog.processors.format_exc_info, redact]
    chain = [*first, *structlog.get_config()["processors"]]
    return structlog.wrap_logger(None, processors=chain, path=path, **cause)


def _as_text(value: Any) -> Any:
    plain = isinstance(value, str | bytes | int | float | bool | list | tuple | dict | None)
    return value if plain else str(value)
