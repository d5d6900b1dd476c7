"""The story of one path in a replay: what happened to it, what it decided, what it asked for.

`replay(journal, factory, observer=Story("plant/filler", print))`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from fsmv2.core import Core, Event, Instruction, Report, StoreInstruction, TickRecord, Update
from fsmv2.name_suggestions import suggest
from fsmv2.runtime.journal.descriptions import decided, happened, path_of


class StoryLine(msgspec.Struct, frozen=True):
    """One line of the story. `at` in Unix seconds."""

    at: float
    kind: Literal["begin", "event", "decision", "instruction", "report"]
    """What happened: a checkpoint was restored (`begin`), the core was handed an event, decided,
    asked for something, or reported."""
    text: str
    """The line, for people."""


class Story:
    """Observes a replay, and puts out what concerns one path. `met`: whether it was ever there."""

    def __init__(self, path: str, put: Callable[[StoryLine], None]) -> None:
        """`put` is called with each line about `path`."""
        self._path = path
        self._put = put
        self._last = 0
        self._others: set[str] = set()
        self.met = False

    def begin(self, core: Core, why: str) -> None:
        """A checkpoint was restored."""
        s = core.by_path.get(self._path)
        is_ = "it does not exist" if s is None else f"it is {s.state}: {s.reason}"
        self._put(StoryLine(core.wall(), "begin", f"{why}: {is_}"))
        self._last = core.tick_id

    def nearest(self) -> str:
        """Paths like the one that was never there."""
        return "" if self.met else suggest(self._path, sorted(self._others))

    def slice(self, core: Core, events: list[Event], instructions: list[Instruction]) -> None:
        """What one slice had to do with the path."""
        at = core.wall()
        if not self.met:
            self._others.update(core.by_path)
            self.met = self._path in self._others
        for event in events:
            if path_of(event) == self._path:
                self._put(StoryLine(at, "event", happened(event)))
        s = core.by_path.get(self._path)
        for record in (s.records if s is not None else None) or ():
            if record.id > self._last:
                self._last = record.id
                self._put(StoryLine(at, "decision", _tick(record)))
        for instruction in instructions:
            if instruction.path != self._path or _silent(instruction):
                continue
            if isinstance(instruction, Report):
                self._put(StoryLine(at, "report", f"{instruction.kind}: {instruction.text}"))
            else:
                self._put(StoryLine(at, "instruction", decided(instruction)[1]))


def _silent(instruction: Instruction) -> bool:
    """Whether it is no news: it keeps what was decided, or hands on what changes nothing."""
    return isinstance(instruction, StoreInstruction) or (
        isinstance(instruction, Update) and not instruction.changed
    )


def _tick(record: TickRecord) -> str:
    causes = "; ".join(map(str, record.causes)) + (f" and {record.more} more" * bool(record.more))
    made = ", ".join(record.decisions) or f"stays {record.state}"
    gate = f" (withheld: {record.gate})" if record.gate else ""
    reason = "" if made.endswith(f": {record.reason}") else f": {record.reason}"
    return f"{causes} → {made}{reason}{gate}"
