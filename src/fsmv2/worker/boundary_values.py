"""Boundary values: of each field the few values at which code changes its mind.

For checks that try everything: both booleans, every member of an enum or a Literal, the bounds of a
number, an empty and a filled text. An author adds the values that only the code knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect as shapes

from fsmv2.errors import DefinitionError
from fsmv2.model import ObservedState
from fsmv2.model.specs import stable_fields
from fsmv2.name_suggestions import suggest

FAR = 1_000_000
"""A number beyond any threshold one counts up to."""

Given = Mapping[str, Sequence[Any]]


def observations(kind: type[ObservedState], given: Given, limit: int) -> tuple[list[Any], bool]:
    """Observations of `kind` from its fields' domains, and whether they are all there are.

    `given` replaces the domain of the fields it names; volatile fields keep their default unless
    given. Of more than `limit`, every n-th is taken, the same each time.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in given:
        if name not in fields:
            raise DefinitionError(f"{kind.__name__} has no field '{name}'. {suggest(name, fields)}")
    stable, shaped = stable_fields(kind), _fields(kind)
    domains = {
        name: list(given[name]) if name in given else _distinct([_default(field), *shaped[name]])
        for name, field in fields.items()
        if name in given or name in stable
    }
    found = every_nth(list(domains.values()), limit)
    total = 1
    for values in domains.values():
        total *= len(values)
    return [kind(**dict(zip(domains, row, strict=True))) for row in found], total <= limit


def every_nth(domains: Sequence[Sequence[Any]], limit: int) -> Iterator[tuple[Any, ...]]:
    """The product of `domains`, or of a longer one `limit` rows spread evenly over it."""
    total = 1
    for domain in domains:
        total *= len(domain)
    if total <= limit:
        yield from itertools.product(*domains)
        return
    # A step without common factors with the sizes, or one field would never change.
    step = total // limit
    while any(step % prime == 0 for prime in (2, 3, 5, 7)):
        step += 1
    for i in range(limit):
        index, row = i * step % total, []
        for domain in domains:
            index, at = divmod(index, len(domain))
            row.append(domain[at])
        yield tuple(row)


def _fields(kind: type[Any]) -> dict[str, list[Any]]:
    shape = shapes.type_info(kind)
    if not isinstance(shape, shapes.StructType):
        raise DefinitionError(f"{kind.__name__} is not a typed observation")
    return {field.name: values_of(field.type) for field in shape.fields}


def values_of(shape: shapes.Type) -> list[Any]:
    """The values of one type at which code may change its mind; empty for types unknown here."""
    match shape:
        case shapes.BoolType():
            return [False, True]
        case shapes.NoneType():
            return [None]
        case shapes.EnumType(cls=cls):
            return list(cls)
        case shapes.LiteralType(values=values):
            return list(values)
        case shapes.UnionType(types=types):
            return _distinct([value for one in types for value in values_of(one)])
        case shapes.IntType(ge=ge, le=le, gt=gt, lt=lt):
            low = ge if ge is not None else (gt + 1 if gt is not None else None)
            high = le if le is not None else (lt - 1 if lt is not None else None)
            return [int(n) for n in _within((0, 1, FAR), low, high)]
        case shapes.FloatType(ge=ge, le=le):
            return [float(n) for n in _within((0.0, 1.0, float(FAR)), ge, le)]
        case shapes.StrType():
            return ["", "x"]
        case shapes.Metadata(type=inner):
            return values_of(inner)
        case shapes.VarTupleType(item_type=item):
            return [(), *((value,) for value in values_of(item))]
        case _:
            return []


def _within(values: Sequence[float], low: float | None, high: float | None) -> list[float]:
    bounds = [bound for bound in (low, high) if bound is not None]
    return [
        value
        for value in _distinct([*values, *bounds])
        if (low is None or value >= low) and (high is None or value <= high)
    ]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _distinct(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(value == known and type(value) is type(known) for known in found):
            found.append(value)
    return found
