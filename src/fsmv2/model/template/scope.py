"""Looking a dotted name up in a scope, and the error when it is not there.

Both roads of rendering use these, so that they cannot differ. A step reads data only: keys of
mappings, fields of structs, items of lists and texts. Attributes and methods of Python objects do
not exist for a template, so `{{ .global.items }}` is the key `items` and never a method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from jinja2.runtime import LoopContext

from fsmv2.errors import UndefinedVariableError
from fsmv2.model.bundle import RESERVED_KEYS
from fsmv2.model.data.frozen import FrozenDict
from fsmv2.name_suggestions import suggest

Key = str | int
Path = tuple[Key, ...]

MISSING: Any = type("Missing", (), {"__repr__": lambda _self: "MISSING"})()

_DICTS: frozenset[Any] = frozenset((dict, FrozenDict))
_LOOP_FIELDS = frozenset(
    ("index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0")
)


def step(value: Any, key: Any) -> Any:
    """What `key` names inside `value`, or MISSING.

    A number also finds the key that is its text: `{{ .location.0 }}` reads key `"0"`.
    """
    # The test for the exact types spares the common case a slow isinstance of an ABC.
    if type(value) in _DICTS or isinstance(value, Mapping):
        found = value.get(key, MISSING)
        if found is MISSING and type(key) is int:
            return value.get(str(key), MISSING)
        return found
    if isinstance(value, list | tuple | str | range):
        if type(key) is int and -len(value) <= key < len(value):
            return value[key]
        return MISSING
    if isinstance(value, msgspec.Struct):
        return getattr(value, key) if key in value.__struct_fields__ else MISSING
    if isinstance(value, LoopContext) and key in _LOOP_FIELDS:
        return getattr(value, key)
    return MISSING


def lookup(scope: Mapping[str, Any], path: Path) -> Any:
    """The value at `path`, or MISSING."""
    value: Any = scope
    for key in path:
        value = step(value, key)
        if value is MISSING:
            return MISSING
    return value


def identical(a: Any, b: Any) -> bool:
    """Equal and of the same types all through: `1`, `1.0` and `True` render differently."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is str or kind is int:
        return bool(a == b)
    if isinstance(a, Mapping):
        # In the same order, too: a loop over them renders it.
        return list(a) == list(b) and all(identical(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, float):
        return str(a) == str(b)  # 0.0 and -0.0 are equal and render differently
    return bool(a == b)


def dotted(path: Iterable[Key]) -> str:
    """A path as it is written in a template, without the leading dot."""
    return ".".join(map(str, path))


def undefined(
    scope: Mapping[str, Any], path: Path, *, base: Any = None, line: int, column: int
) -> UndefinedVariableError:
    """The error for a `path` of which some part is missing in `scope` (or in `base`, if given).

    It names the variable as written, the part that is missing, and the nearest and all known
    names at that place; where another tier has the name, it says so.
    """
    value: Any = scope if base is None else base
    for at, key in enumerate(path):  # noqa: B007  (the index of the missing part is used below)
        found = step(value, key)
        if found is MISSING:
            break
        value = found
    name, missing, inside = dotted(path), str(path[at]), dotted(path[:at])
    if at == 0:
        what, fix = f"Variable '{name}' is not defined.", _first_fix(scope, missing)
    else:
        what = f"Variable '{name}' is not defined: {_holder(value, inside)} has no '{missing}'."
        fix = suggest(missing, _names_in(value))
    return UndefinedVariableError(
        f"{what[:-1]} (line {line}, column {column}).",
        variable=name,
        fix=fix,
        line=line,
        column=column,
    )


def _first_fix(scope: Mapping[str, Any], name: str) -> str:
    if name in RESERVED_KEYS:
        return f"No {name} variable is set here."
    for tier in sorted(RESERVED_KEYS):
        if step(scope.get(tier), name) is not MISSING:
            return f"There is one in the {tier} tier: write '.{tier}.{name}'."
    known = [key for key in scope if key not in RESERVED_KEYS]
    return suggest(name, map(str, known)) or "No user variables are set here."


def _holder(value: Any, inside: str) -> str:
    if isinstance(value, Mapping | msgspec.Struct):
        return f"'{inside}'" if value else f"'{inside}' (empty)"
    return f"'{inside}' ({type(value).__name__})"


def _names_in(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    if isinstance(value, msgspec.Struct):
        return list(value.__struct_fields__)
    return sorted(_LOOP_FIELDS) if isinstance(value, LoopContext) else []
