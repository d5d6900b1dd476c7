"""From what happens to what is written: levels, repeats, circuits that stay open; has no clock."""

from __future__ import annotations

from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import RANKS, LogLevels
from fsmv2.runtime.log.open_circuits import OfCircuit, OpenCircuits
from fsmv2.runtime.log.repeats import Repeats

Item = LogEntry | OfCircuit


class LogPipeline:
    """Of one log. `now` is in seconds of a clock that does not go back, `wall` in Unix seconds."""

    def __init__(self, levels: LogLevels) -> None:
        self.levels = levels
        self._repeats = Repeats()
        self._circuits = OpenCircuits()

    def take(self, item: Item, now: float) -> list[LogEntry]:
        """The lines that this is worth now."""
        if isinstance(item, OfCircuit):
            return self._wanted(self._circuits.take(item))
        return [line for one in self._wanted([item]) for line in self._repeats.take(one, now)]

    def due(self, now: float, wall: float) -> list[LogEntry]:
        """Lines that are due without anything happening; to be asked every second or so."""
        return [*self._wanted(self._circuits.due(wall)), *self._repeats.due(now)]

    def flush(self) -> list[LogEntry]:
        """What was counted and is not written yet; at the end."""
        return self._repeats.flush()

    def _wanted(self, lines: list[LogEntry]) -> list[LogEntry]:
        return [one for one in lines if RANKS[one.level] >= self.levels.of(one.path)]
