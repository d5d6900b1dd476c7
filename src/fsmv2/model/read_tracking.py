"""Notes which variables a derive reads, so that it runs again only when one of those changed.

The core hands every derive a `TrackedBundle`. Rendering a template notes exactly the paths it
names; reading a key of `flatten()` notes that key; anything less clear (a whole tier, a scope or
bundle that is kept, a scope nobody seems to have read) counts as reading everything. H59
"""

from __future__ import annotations

import sys
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from fsmv2.model.bundle import VariableBundle
from fsmv2.model.data.bounded_cache import BoundedCache
from fsmv2.model.template.scope import MISSING, Path, identical, lookup

Reads = frozenset[Path] | None
"""Paths into the scope that were read; None: anything may have been."""

# The fields themselves, below the properties that note their reading.
_user: Callable[[VariableBundle], Mapping[str, Any]] = VariableBundle.user.__get__  # type: ignore[attr-defined]
_global: Callable[[VariableBundle], Mapping[str, Any]] = VariableBundle.global_.__get__  # type: ignore[attr-defined]


class Notes:
    """What has been read so far."""

    __slots__ = ("everything", "parts", "scopes")

    def __init__(self) -> None:
        self.everything = False
        self.parts: list[frozenset[Path]] = []
        self.scopes: list[TrackedScope] = []

    def paths(self) -> frozenset[Path]:
        """All that was noted; workers that read the same share one object."""
        parts = self.parts
        if len(parts) == 1:
            return parts[0]
        key = tuple(parts)
        found = _unions.get(key)
        if found is None:
            found = frozenset[Path]().union(*key)
            _unions.put(key, found)
        return found


_unions: BoundedCache[tuple[frozenset[Path], ...], frozenset[Path]] = BoundedCache(1024)


class TrackedScope(dict[str, Any]):
    """`flatten()` of a noted bundle: a dict like any other that notes the keys read from it.

    C code can read a dict unseen. A scope in which nothing was noted is therefore taken as read
    whole, and so is one that outlives the derive. `base` has the same items, for those who note
    themselves what they read.
    """

    __slots__ = ("base", "notes", "seen")

    def __init__(self, flat: dict[str, Any], notes: Notes) -> None:
        super().__init__(flat)
        self.base = flat
        self.notes = notes
        self.seen = False
        notes.scopes.append(self)

    def unnoted(self, paths: frozenset[Path] = frozenset()) -> dict[str, Any]:
        """The plain items, for a template that reads `paths`, or calls `note` for each part."""
        self.seen = True
        if paths:
            self.notes.parts.append(paths)
        return self.base

    def note(self, paths: frozenset[Path]) -> None:
        """These may be read."""
        self.notes.parts.append(paths)

    def _key(self, key: object) -> None:
        self.seen = True
        self.notes.parts.append(frozenset(((str(key),),)))

    def _whole(self) -> dict[str, Any]:
        self.seen = self.notes.everything = True
        return self.base

    # ---- reading one key ---------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        self._key(key)
        return self.base[key]

    def __contains__(self, key: object) -> bool:
        self._key(key)
        return key in self.base

    def get(self, key: str, default: Any = None) -> Any:
        self._key(key)
        return self.base.get(key, default)

    # ---- reading all -------------------------------------------------------------------------

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __eq__(self, other: object) -> bool:
        return self._whole() == other

    __hash__ = None  # as of every dict

    def __repr__(self) -> str:
        return repr(self._whole())

    def __or__(self, other: Any) -> Any:
        return self._whole() | other

    def __ror__(self, other: Any) -> Any:
        return other | self._whole()

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._whole(),)

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # of the same names
        return self._whole().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return self._whole().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return self._whole().items()

    def copy(self) -> dict[str, Any]:
        return self._whole().copy()

    # ---- changing: it is the author's own ----------------------------------------------------

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.base[key] = value

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        del self.base[key]

    def update(self, *new: Any, **more: Any) -> None:
        for key, value in dict(*new, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> TrackedScope:  # type: ignore[override]  # of itself
        self.update(other)
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self.base[key]

    def pop(self, key: str, *default: Any) -> Any:
        found = self.get(key, *default) if default else self[key]
        if key in self.base:
            del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        super().clear()
        self.base.clear()


class TrackedBundle(VariableBundle, frozen=True, gc=True, dict=True):
    """A bundle that notes what is read through it, until `close`."""

    def __post_init__(self) -> None:
        """Nothing to check: the engine makes these, of mappings that were checked."""

    @classmethod
    def open(
        cls, user: Mapping[str, Any], global_: Mapping[str, Any], internal: Mapping[str, Any]
    ) -> TrackedBundle:
        """A noted bundle over mappings nobody changes."""
        bundle = cls(user, global_, internal)
        bundle.__dict__["notes"] = Notes()
        return bundle

    def close(self, *, kept: bool) -> Reads:
        """End the noting; what was read. `kept`: whether bundle or spec outlive the derive."""
        notes: Notes = self.__dict__.pop("notes")
        clear = not (kept or notes.everything or _unclear(notes.scopes))
        notes.scopes.clear()  # they refer back: each derive would leave a cycle to be collected
        return notes.paths() if clear else None

    def _whole(self) -> None:
        notes: Notes | None = self.__dict__.get("notes")
        if notes is not None:
            notes.everything = True

    @property  # type: ignore[misc]  # stands before the field of this name, to note its reading
    def user(self) -> Mapping[str, Any]:
        self._whole()
        return _user(self)

    @property  # type: ignore[misc]  # stands before the field of this name, to note its reading
    def global_(self) -> Mapping[str, Any]:
        self._whole()
        return _global(self)

    def flatten(self) -> dict[str, Any]:
        """As of any bundle."""
        flat = dict(_user(self))
        if global_ := _global(self):
            flat["global"] = dict(global_)
        if internal := self.internal:
            flat["internal"] = dict(internal)
        notes: Notes | None = self.__dict__.get("notes")
        return flat if notes is None else TrackedScope(flat, notes)

    scope = flatten


def _unclear(scopes: list[TrackedScope]) -> bool:
    """Whether of one of them nothing was noted, or somebody keeps it."""
    for scope in scopes:  # noqa: SIM110  (a generator would cost more than all else here)
        if not scope.seen or sys.getrefcount(scope) > _OURS:
            return True
    return False


_OURS = 3
"""References to a scope while it is counted that nobody else holds: list, loop and argument."""


def unaffected(reads: Reads, old: VariableBundle, new: VariableBundle) -> bool:
    """Whether a derive that read `reads` of `old` would read the same values of `new`."""
    if reads is None:
        return False
    old_user, new_user = old.user, new.user
    same_global = old.global_ is new.global_
    for path in reads:
        first = path[0]
        if type(first) is not str:
            first = str(first)
        if first == "internal":
            continue  # what the engine gives a path never changes
        if first == "global":
            if same_global:
                continue
            before = lookup(old.global_, path[1:]) if old.global_ else MISSING
            after = lookup(new.global_, path[1:]) if new.global_ else MISSING
        else:
            # The keys of the engine take the place of others at first level, so no `step` is due.
            before, after = old_user.get(first, MISSING), new_user.get(first, MISSING)
            if before is after:
                continue
            if len(path) > 1:
                before, after = lookup(before, path[1:]), lookup(after, path[1:])
        if before is not after and not identical(before, after):
            return False
    return True
