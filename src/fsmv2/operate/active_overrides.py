"""The overrides that are in force, as data."""

from __future__ import annotations

from fsmv2.core import Core
from fsmv2.operate.request_types import PathOverride

WHAT = {"pause": "paused", "stop": "stopped", "silence": "silenced"}
"""What a kind of override makes of its path."""


def overrides_in(core: Core) -> list[PathOverride]:
    """Every override in force, also of paths at which nobody is; on the supervision loop."""
    found: list[PathOverride] = []
    for path, one in sorted(core.overrides.items()):
        there = path in core.by_path
        waits = core.store is None or path in core.store.overrides_waiting
        asked = [("pause", "", one.pause), ("stop", "", one.stop), ("silence", "", one.silence)]
        asked += [("set", name, variable) for name, variable in one.variables.items()]
        for kind, name, override in asked:
            if override is None:
                continue
            what = WHAT.get(kind, f"{name} set")
            found.append(
                PathOverride(
                    path=path,
                    kind=kind,
                    who=override.who,
                    reason=override.reason,
                    at=override.at,
                    until=override.until,
                    name=name,
                    value=getattr(override, "value", None),
                    there=there,
                    durable=not waits,
                    text=override.describe(what),
                    lasting=override.lasts_long(core.wall(), core.settings.override_warning),
                )
            )
    return found
