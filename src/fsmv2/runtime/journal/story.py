"""The story of one path in a replay: what happened to it, what it decided, what it asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from fsmv2.core import Core, Event, TickRecord
from fsmv2.runtime.journal.words import happened, path_of


class Moment(msgspec.Struct, frozen=True):
    """One line of the story. `at` in Unix seconds."""

    at: float
    kind: Literal["begin", "event", "decision", "instruction"]
    text: str


class Story:
    """Tells what concerns one path, as the replay comes to it."""

    def __init__(self, path: str, tell: Callable[[Moment], None]) -> None:
        self._path = path
        self._tell = tell
        self._last = 0

    def begin(self, core: Core, why: str) -> None:
        """A checkpoint was thawed."""
        s = core.by_path.get(self._path)
        is_ = "it is not there" if s is None else f"it is {s.state}: {s.reason}"
        self._tell(Moment(core.wall(), "begin", f"{why}: {is_}"))
        self._last = core.tick_id

    def slice(self, core: Core, events: list[Event], answers: list[tuple[str, str]]) -> None:
        """What one slice had to do with the path."""
        at = core.wall()
        for event in events:
            if path_of(event) == self._path:
                self._tell(Moment(at, "event", happened(event)))
        s = core.by_path.get(self._path)
        for record in (s.records if s is not None else None) or ():
            if record.id > self._last:
                self._last = record.id
                self._tell(Moment(at, "decision", _tick(record)))
        for path, text in answers:
            if path == self._path:
                self._tell(Moment(at, "instruction", text))


def _tick(record: TickRecord) -> str:
    causes = "; ".join(map(str, record.causes)) + (f" and {record.more} more" * bool(record.more))
    decided = ", ".join(record.decisions) or "nothing"
    gate = f" (withheld: {record.gate})" if record.gate else ""
    return f"{causes} → {decided}; {record.state}: {record.reason}{gate}"
