"""Where a worker is: ISA-95 levels, their merge down the tree, and the path they give.

A location in canonical form is a dict from level name to name, in order of level: `enterprise`,
`site`, `area`, `line`, `cell`, then `"5"`, `"6"` and so on. Names, not numbers, because people
read them in dumps and diffs; levels beyond the standard's five have a number only. Called by
document loading (`normalise_location`) and by the core in derive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import LocationError
from fsmv2.model.data.frozen import FrozenDict, share
from fsmv2.model.name_rules import UNKNOWN, check_name_part
from fsmv2.name_suggestions import suggest

LEVELS = ("enterprise", "site", "area", "line", "cell")
ALIASES = {"productionLine": "line", "workCell": "cell"}
MAX_LEVELS = 32  # far beyond any plant; bounds what a document can make us join

_NAME_OF: dict[str, str] = {
    **{level: level for level in LEVELS},
    **ALIASES,
    **{str(i): level for i, level in enumerate(LEVELS)},
    **{str(i): str(i) for i in range(len(LEVELS), MAX_LEVELS)},
}
_INDEX: dict[str, int] = {
    **{level: i for i, level in enumerate(LEVELS)},
    **{str(i): i for i in range(len(LEVELS), MAX_LEVELS)},
}
_ORDERED: tuple[str, ...] = tuple(_INDEX)


class Location(FrozenDict[str]):
    """A location in canonical form; only this module makes them."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return normalise_location, (dict(self),)


_shared: dict[tuple[tuple[str, str], ...], Location] = {}
_SHARED_LIMIT = 4096  # distinct locations remembered; a plant has fewer


class LocationConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A level that two sides gave differently: `kept` stands, `lost` was dropped."""

    level: str
    kept: str
    lost: str


def normalise_location(raw: Any, *, path: str = "location") -> Mapping[str, str]:
    """The canonical location of a map, or of a list of single-key maps; None gives the empty one.

    Level names, aliases (`productionLine`, `workCell`) and numbers (as text or integer) are
    accepted; values are trimmed. Raises LocationError for an unknown level, a level given twice,
    and values that `check_name_part` refuses; `path` prefixes the place in the error. The result
    is frozen, and equal locations share one object.
    """
    found: dict[str, str] = {}
    for key, value in _pairs(raw, path):
        level = _level_name(key, path)
        place = f"{path}.{key}"
        if level in found:
            raise LocationError(
                f"The level '{level}' is given twice, the second time as '{key}'.",
                path=place,
                fix="Keep one of them.",
            )
        found[level] = check_name_part(value, _what(level), path=place)
    return _ordered(found)


def _what(level: str) -> str:
    """A level in the words of a message."""
    return f"level {level} of the location" if level.isdigit() else f"location's {level}"


def merge_locations(
    parent: Mapping[str, str],
    child: Mapping[str, str],
    *,
    parent_wins: bool = False,
    conflicts: list[LocationConflict] | None = None,
) -> Mapping[str, str]:
    """The child's location laid over its parent's, level by level, in canonical form.

    Normally the child wins. With `parent_wins` (documents, where the agent owns its levels) the
    parent's value stands. Each level on which the two disagree is appended to `conflicts` when
    that list is given. Raises LocationError like `normalise_location`.
    """
    parent, child = _canonical(parent), _canonical(child)
    if not child:
        return parent
    if not parent:
        return child
    strong, weak = (parent, child) if parent_wins else (child, parent)
    if conflicts is not None:
        conflicts.extend(
            LocationConflict(level=level, kept=strong[level], lost=weak[level])
            for level in _ORDERED
            if level in strong and level in weak and strong[level] != weak[level]
        )
    return _ordered({**weak, **strong})


def compute_location_path(location: Mapping[str, str]) -> str:
    """The levels joined with `.`; each missing level between two present ones is `unknown`.

    Trailing missing levels are dropped; the empty location gives the empty path.
    """
    location = _canonical(location)
    if not location:
        return ""
    last = max(_INDEX[level] for level in location)
    return ".".join([location.get(level, UNKNOWN) for level in _ORDERED[: last + 1]])


def location_variables(location: Mapping[str, str]) -> Mapping[str, str]:
    """What templates see as `location`: each level by its name and by its number as text.

    `{{ .location.enterprise }}` and `{{ .location.0 }}` are the same. Missing levels are absent.
    """
    location = _canonical(location)
    seen: dict[str, str] = {}
    for level, value in location.items():
        seen[level] = value
        seen[str(_INDEX[level])] = value
    return share(seen)


def _canonical(location: Mapping[str, str]) -> Mapping[str, str]:
    # The tree merges locations per derive and must not check known ones again each time.
    return location if type(location) is Location else normalise_location(location)


def _ordered(found: dict[str, str]) -> Location:
    levels = sorted(found, key=_INDEX.__getitem__)
    key = tuple([(level, found[level]) for level in levels])
    known = _shared.get(key)
    if known is None:
        known = Location(key)
        if len(_shared) < _SHARED_LIMIT:
            _shared[key] = known
    return known


def _pairs(raw: Any, path: str) -> Iterable[tuple[Any, Any]]:
    if raw is None:
        return ()
    if isinstance(raw, Mapping | list | tuple) and len(raw) > MAX_LEVELS:
        raise LocationError(
            f"This location has {len(raw):,} levels; a location has at most {MAX_LEVELS}.",
            path=path,
            fix="Check what is read here as a location.",
        )
    if isinstance(raw, Mapping):
        return raw.items()
    if not isinstance(raw, list | tuple):
        raise LocationError(
            f"A location is a map or a list of single-key maps, not {_kind(raw)}.",
            path=path,
            fix="Write {enterprise: acme, site: cologne}.",
        )
    pairs: list[tuple[Any, Any]] = []
    for i, item in enumerate(raw):
        if not isinstance(item, Mapping) or len(item) != 1:
            raise LocationError(
                "Each entry of a location list is a map with one key.",
                path=f"{path}[{i}]",
                fix="Write - {enterprise: acme}.",
            )
        pairs.extend(item.items())
    return pairs


def _kind(raw: Any) -> str:
    if isinstance(raw, str):
        return "text"
    return "a number" if isinstance(raw, int | float) else type(raw).__name__


_OF_OTHERS = {
    **dict.fromkeys(("company", "organisation", "organization", "corporation"), "enterprise"),
    **dict.fromkeys(("plant", "factory", "city", "location", "works"), "site"),
    **dict.fromkeys(("hall", "building", "department", "zone", "section"), "area"),
    **dict.fromkeys(("machine", "station", "equipment", "work_cell", "work_unit"), "cell"),
    **dict.fromkeys(("production_line", "work_center", "workcenter"), "line"),
}
"""What other models of a plant call a level."""


def _level_name(key: Any, path: str) -> str:
    level = _NAME_OF.get(str(key).strip()) if isinstance(key, str | int) else None
    if level is None:
        meant = _OF_OTHERS.get(str(key).strip().casefold())
        near = f"Did you mean '{meant}'? " if meant is not None else ""
        known = suggest("" if meant is not None else str(key), (*LEVELS, *ALIASES))
        raise LocationError(
            f"There is no location level {quoted(key)}.",
            path=f"{path}.{key}",
            fix=f"{near}{known} Or a number from 0 to {MAX_LEVELS - 1}.",
        )
    return level
