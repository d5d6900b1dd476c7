"""A dict that cannot be changed, and sharing of equal small mappings.

Why: a tree may hold 100,000 child specs whose state mappings and locations are mostly equal;
sharing one object is only safe when nobody can change it. Called by the data types of this room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

_V = TypeVar("_V")
_SHARED_LIMIT = 4096  # distinct mappings remembered; beyond it equal ones are merely not shared


class FrozenDict(dict[str, _V]):
    """A dict whose changing methods raise TypeError; equal to a plain dict of the same items."""

    __slots__ = ()

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("this mapping is frozen; make a new one instead")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


EMPTY: FrozenDict[Any] = FrozenDict()

_shared: dict[tuple[tuple[str, str], ...], FrozenDict[str]] = {}


def share(mapping: Mapping[str, str]) -> FrozenDict[str]:
    """A frozen mapping equal to `mapping`; equal text mappings give one and the same object."""
    if not mapping:
        return EMPTY
    if type(mapping) is FrozenDict:
        return mapping
    key = tuple(mapping.items())
    found = _shared.get(key)
    if found is None:
        found = FrozenDict(mapping)
        if len(_shared) < _SHARED_LIMIT:
            _shared[key] = found
    return found
