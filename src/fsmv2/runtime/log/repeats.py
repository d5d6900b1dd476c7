"""An error that repeats is written once, and then counted: a summary each minute until it ends.

By path, event and text: so a second error is written at once, and two that take turns are both
folded. What would be written again after it has been silent for a minute is news.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from fsmv2.runtime.log.entry import LogEntry

EVERY = 60.0
"""Seconds between two summaries of one error."""

KEPT = 1000
"""Errors that are remembered; of the oldest beyond them the count is written, and it is news."""

TEXTS = 20
"""Texts of one path and event that are told apart; more, as of a message with a number in it that
never is the same, are counted together, and the last one stands for them."""

OTHERS = "\0"

FOLDED = frozenset(
    {"worker_error", "worker_log", "library_log", "uncontained_error", "result_dropped"}
)
"""Events that are folded, from warnings on."""

FOLDED_AT_ALL_LEVELS = frozenset({"condition_changed"})
"""Such as the end of an error that comes and goes with each observation."""

Key = tuple[str, str, str]


class Repeated:
    """One error: its last entry, how often it came since the last line of it, and since when."""

    __slots__ = ("count", "entry", "last", "since")

    def __init__(self, entry: LogEntry, now: float) -> None:
        self.entry = entry
        self.count = 0
        self.since = self.last = now


class Repeats:
    """What was written of late. Times in seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Repeated] = OrderedDict()
        self._texts: dict[tuple[str, str], int] = {}

    def take(self, entry: LogEntry, now: float) -> list[LogEntry]:
        """What is to be written now that this happened."""
        matters = entry.level not in ("info", "debug")
        if entry.event not in FOLDED_AT_ALL_LEVELS and not (entry.event in FOLDED and matters):
            return [entry]
        where = (entry.path, entry.event)
        key = (*where, entry.message)
        if key not in self._known and self._texts.get(where, 0) >= TEXTS:
            key = (*where, OTHERS)
        found = self._known.get(key)
        if found is not None:
            if not (entry.cause and entry.cause == found.entry.cause):  # said twice of one tick
                found.count += 1
            found.entry, found.last = entry, now
            return []
        self._known[key] = Repeated(entry, now)
        if key[2] != OTHERS:
            self._texts[where] = self._texts.get(where, 0) + 1
        return [*self._drop_oldest(), entry]

    def due(self, now: float) -> list[LogEntry]:
        """Summaries of what has repeated for a minute; what has not is forgotten."""
        found: list[LogEntry] = []
        for key, one in list(self._known.items()):
            if now < one.since + EVERY:
                continue
            if one.count:
                found.append(_summary(one))
                one.count, one.since = 0, now
            elif now >= one.last + EVERY:
                self._forget(key)
        return found

    def flush(self) -> list[LogEntry]:
        """Summaries of all that was counted and is not written yet."""
        found = [_summary(one) for one in self._known.values() if one.count]
        for one in self._known.values():
            one.count = 0
        return found

    def _drop_oldest(self) -> list[LogEntry]:
        if len(self._known) <= KEPT:
            return []
        key = next(iter(self._known))
        oldest = self._forget(key)
        return [_summary(oldest)] if oldest.count else []

    def _forget(self, key: Key) -> Repeated:
        where = key[:2]
        if key[2] != OTHERS:
            self._texts[where] -= 1
            if not self._texts[where]:
                del self._texts[where]
        return self._known.pop(key)


def _summary(one: Repeated) -> LogEntry:
    return msgspec.structs.replace(one.entry, time=one.entry.time, repeated=one.count)
