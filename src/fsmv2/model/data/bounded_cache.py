"""A cache that forgets what is not used, cheap to hit. Holds compiled templates."""

from __future__ import annotations

from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class BoundedCache(Generic[_K, _V]):
    """At most `size` entries in two generations.

    What was not asked for during a whole generation is dropped. A hit on a young entry is one
    dict lookup, without the bookkeeping of a strict least-recently-used order.
    """

    __slots__ = ("_half", "_old", "young")

    def __init__(self, size: int) -> None:
        self._half = max(1, size // 2)
        self.young: dict[_K, _V] = {}
        """For who looks something up so often that a call costs too much; `get` finds the rest."""
        self._old: dict[_K, _V] = {}

    def get(self, key: _K) -> _V | None:
        """The entry, or None."""
        found = self.young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: _K, value: _V) -> None:
        """Remember an entry."""
        if len(self.young) >= self._half and key not in self.young:
            self._old, self.young = self.young, {}
        self.young[key] = value

    def __len__(self) -> int:
        return len(self.young.keys() | self._old.keys())
