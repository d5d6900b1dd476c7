"""The overrides that are in force, as data."""

from __future__ import annotations

from fsmv2.core import Core
from fsmv2.core.state.override_data import what_it_makes
from fsmv2.operate.request_types import PathOverride


def overrides_in(core: Core) -> list[PathOverride]:
    """Every override in force, also of paths at which nobody is; on the supervision loop."""
    found: list[PathOverride] = []
    for path, one in sorted(core.overrides.items()):
        there = path in core.by_path
        waits = core.store is None or path in core.store.overrides_waiting
        for key, kind, override in one.each():
            found.append(
                PathOverride(
                    path=path,
                    kind=kind,
                    who=override.who,
                    reason=override.reason,
                    at=override.at,
                    until=override.until,
                    name=key.removeprefix("set ") if kind == "set" else "",
                    value=getattr(override, "value", None),
                    there=there,
                    durable=not waits,
                    text=override.describe(what_it_makes(key, kind, override)),
                    lasting=override.lasts_long(core.wall(), core.settings.override_warning),
                )
            )
    return found
