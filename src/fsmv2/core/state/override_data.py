"""What an operator asked of a path and the document does not say: stop, pause, silence, log level,
a variable that is set.

Who decides by it is `policy/overrides`. A path keeps its overrides whatever runs there: another
instance, nothing at all, or fsmv2 itself restarted with a store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import msgspec

from fsmv2.model import utc_text
from fsmv2.model.data.frozen import EMPTY


class Override(msgspec.Struct, frozen=True):
    """Who asked, why, when, and until when if it ends by itself; Unix seconds."""

    who: str
    reason: str
    at: float
    until: float | None = None

    def moved(self, by: float) -> Self:
        """The same by a clock that was set forward by so many seconds."""
        at = self.at + by if self.at else 0.0
        until = None if self.until is None else self.until + by
        return msgspec.structs.replace(self, at=at, until=until)

    def describe(self, what: str) -> str:
        """`what` by whom, until when, and why: `stopped by ann: cleaning`."""
        until = "" if self.until is None else f" until {utc_text(self.until)}"
        return f"{what} by {self.who}{until}" + (f": {self.reason}" if self.reason else "")

    def lasts_long(self, now: float, every: float) -> str:
        """How long it has been in force, if that is long enough to warn of; else empty."""
        return self.lasting(now) if every and now - self.at >= every else ""

    def lasting(self, now: float) -> str:
        """How long it has been in force."""
        return lasting_text(now - self.at) if self.at else "in force since an unknown time"


class VariableOverride(Override, frozen=True):
    """A user variable that is given this value at the path, whatever is declared."""

    value: Any = None


class LogLevelOverride(Override, frozen=True):
    """What is logged of the path and below begins at this level, whatever the document says."""

    level: str = "debug"


class Overrides(msgspec.Struct, frozen=True, omit_defaults=True):
    """All overrides of one path. `variables`: by name.

    `warned`: when, in Unix seconds, it was last warned of one that lasts; by the keys of `each`.
    """

    pause: Override | None = None
    stop: Override | None = None
    variables: Mapping[str, VariableOverride] = {}
    warned: Mapping[str, float] = {}
    silence: Override | None = None
    log_level: LogLevelOverride | None = None

    def __bool__(self) -> bool:
        return any(True for _ in self.each())

    @property
    def changes_it(self) -> bool:
        """Whether it runs, or is notified of, in another way than the document says."""
        return any(kind != "log-level" for _, kind, _ in self.each())

    @property
    def values(self) -> Mapping[str, Any]:
        """The variables that are set, and their values."""
        if not self.variables:
            return EMPTY
        return {name: one.value for name, one in self.variables.items()}

    def moved(self, by: float) -> Overrides:
        """The same by a clock that was set forward by so many seconds."""
        return Overrides(
            None if self.pause is None else self.pause.moved(by),
            None if self.stop is None else self.stop.moved(by),
            {name: one.moved(by) for name, one in self.variables.items()},
            {key: at + by for key, at in self.warned.items()},
            None if self.silence is None else self.silence.moved(by),
            None if self.log_level is None else self.log_level.moved(by),
        )

    def each(self) -> Iterator[tuple[str, str, Override]]:
        """Each override: its key, its kind (pause, stop, silence, log-level, set), and itself."""
        if self.pause is not None:
            yield "pause", "pause", self.pause
        if self.stop is not None:
            yield "stop", "stop", self.stop
        if self.silence is not None:
            yield "silence", "silence", self.silence
        if self.log_level is not None:
            yield "log-level", "log-level", self.log_level
        for name, one in self.variables.items():
            yield f"set {name}", "set", one

    def warn_at(self, key: str, one: Override, every: float) -> float | None:
        """When it is to be warned of `one` next, in Unix seconds; None: never."""
        return max(one.at, self.warned.get(key, one.at)) + every if every else None

    def texts(self, now: float = 0.0, every: float = 0.0) -> tuple[str, ...]:
        """Each override, as a person would say it; of one as old as `every`, how old."""
        asked = [(what_it_makes(key, kind, one), one) for key, kind, one in self.each()]
        found = [(one.describe(what), one.lasts_long(now, every)) for what, one in asked]
        return tuple(f"{text} ({long})" if long else text for text, long in found)


def what_it_makes(key: str, kind: str, one: Override) -> str:
    """What an override makes of its path, as `Overrides.each` gives it: `paused`, `PORT set`."""
    if kind == "set":
        return f"{key.removeprefix('set ')} set"
    if isinstance(one, LogLevelOverride):
        return f"logged from {one.level} on"
    return WHAT[kind]


WHAT: Mapping[str, str] = {"pause": "paused", "stop": "stopped", "silence": "silenced"}


def lasting_text(seconds: float) -> str:
    """For how long, in whole units: `in force for 3 days`."""
    units = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((one for one in units if seconds >= one[0]), units[-1])
    number = int(seconds // size)
    return f"in force for {number} {unit}{'' if number == 1 else 's'}"


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
