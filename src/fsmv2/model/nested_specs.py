"""Child specs inside a user spec, out of plain data.

A spec may hold children for the worker to declare. Of a child, plain data says the worker type, and
only that tells which type its own user spec has; so they are made first, and the decoder of the
spec around them finds them made. Called by serialise.py.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fsmv2.model.child import ChildSpec

Make = Callable[[Mapping[str, Any], str], ChildSpec]
"""Makes a child of its plain data, at this place."""


def with_children(data: Any, expected: Any, make: Make, path: str) -> Any:
    """`data`, which is to become an `expected`, with a ChildSpec wherever one is expected."""
    if not _holds(expected, ()):
        return data
    if expected is ChildSpec:
        return make(data, path) if isinstance(data, Mapping) else data
    arguments = typing.get_args(expected)
    if isinstance(data, Mapping):
        if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
            types = {field.encode_name: field.type for field in msgspec.structs.fields(expected)}
            return {
                key: with_children(item, types[key], make, f"{path}.{key}")
                if key in types
                else item
                for key, item in data.items()
            }
        if _is_a(expected, Mapping):
            return {
                key: with_children(item, arguments[1], make, f"{path}.{key}")
                for key, item in data.items()
            }
    if isinstance(data, list | tuple) and _is_a(expected, list | tuple):
        if arguments[-1] is not Ellipsis and len(arguments) > 1:  # a tuple of a fixed length
            return [
                with_children(item, kind, make, f"{path}[{n}]")
                for n, (item, kind) in enumerate(zip(data, arguments, strict=False))
            ] + list(data[len(arguments) :])
        return [
            with_children(item, arguments[0], make, f"{path}[{n}]") for n, item in enumerate(data)
        ]
    for kind in arguments:  # of a union, or of what is annotated
        if (made := with_children(data, kind, make, path)) is not data:
            return made
    return data


def _is_a(expected: Any, kind: Any) -> bool:
    origin = typing.get_origin(expected)
    return isinstance(origin, type) and issubclass(origin, kind)


def _holds(expected: Any, above: tuple[Any, ...]) -> bool:
    """Whether there may be a ChildSpec in an `expected`; a type may hold itself."""
    if expected is ChildSpec:
        return True
    if expected in above:
        return False
    inside = typing.get_args(expected)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        inside = tuple(field.type for field in msgspec.structs.fields(expected))
    return any(_holds(kind, (*above, expected)) for kind in inside)
