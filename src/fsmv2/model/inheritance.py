"""Who wins among variables: the one place where precedence is written.

From weakest to strongest, by top-level key, nothing merges deeply:

1. the parent's effective user variables,
2. the user variables the parent declares for this child,
3. the engine's own keys (`ENGINE_KEYS`).

`global` and `internal` are tiers of their own and never compete, because user variables may not
bear their names. Called by the core when a supervisor derives, and by document loading.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

ENGINE_KEYS = ("parent_state", "location", "location_path")


def utc_text(seconds: float) -> str:
    """A time in Unix seconds as templates are given it: ISO 8601 in UTC, with milliseconds."""
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def inherit_variables(
    parent_user: Mapping[str, Any], declared_user: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The child's user variables: the parent's, each top-level key replaced by a declared one.

    Without declared variables this is `parent_user` itself, the same object: a deep tree of
    workers that add nothing shares one mapping. Neither argument may be changed afterwards.
    """
    if not declared_user:
        return parent_user
    if not parent_user:
        return declared_user
    return {**parent_user, **declared_user}


def with_engine_keys(
    user: Mapping[str, Any],
    *,
    parent_state: str,
    location: Mapping[str, str],
    location_path: str,
) -> dict[str, Any]:
    """`user` with the engine's keys set over it, whatever a derive put there."""
    return {
        **user,
        "parent_state": parent_state,
        "location": location,
        "location_path": location_path,
    }
