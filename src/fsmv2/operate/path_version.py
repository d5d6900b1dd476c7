"""What a request can be made on condition of: that a path is as it was when somebody read it.

A version changes with what a person decides by: the instance, its state and health, what is asked
of it, the overrides here and above. It stays with what changes by itself all the time: ages,
observed values, the words of reasons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from fsmv2.core import Core, Supervisor
from fsmv2.errors import ChangedSinceError
from fsmv2.operate.active_overrides import overrides_in
from fsmv2.operate.request_types import PathOverride

ANY = "*"
"""A version that matches whenever somebody is at the path, or an override is."""


def worker_version(s: Supervisor) -> str:
    """The version of the worker at a path; on the loop of its core."""
    status = s.status
    conditions = sorted((one.type, one.status) for one in (s.conditions or {}).values())
    asked: list[Any] = []
    above: Supervisor | None = s
    while above is not None:
        if above.overrides is not None:
            asked.append((above.path, *above.overrides.each()))
        above = above.parent
    return _digest(
        (
            *(s.path, s.incarnation, s.created_at, status.state, status.phase, status.healthy),
            *(status.fresh, s.control, s.ended is not None, conditions, asked),
        )
    )


def overrides_version(found: Iterable[PathOverride]) -> str:
    """The version of a list of overrides: of all that it says."""
    return _digest(list(found))


def refuse_changed(core: Core, path: str, unchanged: Collection[str]) -> None:
    """Raise ChangedSinceError unless the path has one of these versions; on the loop of the core.

    That of its worker, or that of the overrides at the path and below.
    """
    s = core.by_path.get(path)
    overrides = below(overrides_in(core), path)
    versions = {worker_version(s)} if s is not None else set()
    if ANY in unchanged and (versions or overrides):
        return
    if versions.isdisjoint(unchanged) and overrides_version(overrides) not in unchanged:
        now = f"it is {s.status.state}" if s is not None else "no worker is there any more"
        raise ChangedSinceError(
            f"{path} has changed since it was read: {now}.",
            fix="Read it again, and decide again; nothing has changed by this request.",
        )


def below(overrides: Iterable[PathOverride], path: str) -> list[PathOverride]:
    """Those at a path and below it; of no path, all."""
    return [o for o in overrides if not path or o.path == path or o.path.startswith(f"{path}/")]


def _digest(value: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(value, enc_hook=str), digest_size=12).hexdigest()
