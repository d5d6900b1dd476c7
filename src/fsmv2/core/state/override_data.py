"""What an operator asked of a path and the document does not say, as data: stop, pause, set.

Who decides by it is `policy/overrides`. A path keeps its overrides whatever runs there: another
instance, nothing at all, or fsmv2 itself restarted with a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.model import utc_text
from fsmv2.model.data.frozen import EMPTY


class Override(msgspec.Struct, frozen=True):
    """Who asked, why, when, and until when if it ends by itself; Unix seconds."""

    who: str
    reason: str
    at: float
    until: float | None = None

    def told(self, what: str) -> str:
        """`what` by whom, until when, and why: `stopped by ann: cleaning`."""
        until = "" if self.until is None else f" until {utc_text(self.until)}"
        return f"{what} by {self.who}{until}" + (f": {self.reason}" if self.reason else "")


class VariableOverride(Override, frozen=True):
    """A user variable that is given this value at the path, whatever is declared."""

    value: Any = None


class Overrides(msgspec.Struct, frozen=True, omit_defaults=True):
    """All overrides of one path. `variables`: by name."""

    pause: Override | None = None
    stop: Override | None = None
    variables: Mapping[str, VariableOverride] = {}

    def __bool__(self) -> bool:
        return bool(self.pause or self.stop or self.variables)

    @property
    def values(self) -> Mapping[str, Any]:
        """The variables that are set, and their values."""
        if not self.variables:
            return EMPTY
        return {name: one.value for name, one in self.variables.items()}

    def texts(self) -> tuple[str, ...]:
        """Each override, as a person would say it."""
        found = [f"{self.pause.told('paused')}"] if self.pause is not None else []
        if self.stop is not None:
            found.append(self.stop.told("stopped"))
        found += [one.told(f"{name} set") for name, one in self.variables.items()]
        return tuple(found)


NONE = Overrides()
UNREADABLE = Overrides(Override("somebody", "what was stored of it cannot be read", 0.0))
"""On the safe side: nothing is started, and nothing is written to a machine."""


def overrides_to_json(overrides: Overrides) -> str:
    """As a store keeps it; empty when there are none."""
    return msgspec.json.encode(overrides).decode() if overrides else ""


def overrides_from_json(text: str) -> Overrides:
    """Back from a store; what cannot be read is a pause.

    Up to 0.2.0 a store kept a pause alone: the fields of one `Override`.
    """
    try:
        data = msgspec.json.decode(text)
        if isinstance(data, dict) and "who" in data:
            return Overrides(msgspec.convert(data, Override))
        return msgspec.convert(data, Overrides)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return UNREADABLE
