"""Checksums of data that instructions pass on: the same in any process for what is equal.

They are of the plain form that `ExactWriter` makes. What a tree passes on is nearly always structs
and mappings of text and numbers; their plain form is made here in a quarter of the time, as there
are ten thousands of them in a second. What else there is, `ExactWriter` writes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType, MemberDescriptorType
from typing import Any

import msgspec
from msgspec.structs import astuple

from fsmv2.model.backoff_settings import AS_ELSEWHERE
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.child import ChildSpec
from fsmv2.model.data.codec import (
    FROZEN,
    LIST,
    NOT_KEPT,
    PAIRS,
    STRUCT,
    TUPLE,
    ExactWriter,
    getter,
)
from fsmv2.model.data.frozen import EMPTY, FrozenDict

_AS_IT_IS = frozenset({str, int, float, bool, type(None)})
_only_these = _AS_IT_IS.issuperset
_encode = msgspec.msgpack.Encoder().encode
_EXACT = ExactWriter(refer=False)


def checksum(value: Any) -> str:
    """Eight hexadecimal digits of data; what is no data counts by its class."""
    try:
        return f"{zlib.crc32(_encode(_plain(value))):08x}"
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # such as half a surrogate pair or a number of 30 digits, which are no MessagePack
    try:
        return f"{zlib.crc32(_encode(_exactly(value))):08x}"
    except RecursionError:
        return "too deep"


def _exactly(value: Any) -> Any:
    plain = _EXACT.write(value)
    _EXACT.unkept.clear()
    return plain


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    known = _KNOWN.get(id(value))
    return _PLANS[kind](value) if known is None else known[0]


def _items(values: Any) -> list[Any]:
    known, plans = _KNOWN, _PLANS
    return [
        one
        if (kind := type(one)) in _AS_IT_IS
        else found[0]
        if (found := known.get(id(one))) is not None
        else plans[kind](one)
        for one in values
    ]


def _mapping(value: Mapping[Any, Any]) -> Any:
    if not value:
        return {}
    try:
        plain_keys = "".join(value).isascii()
    except TypeError:  # not all of them are text
        plain_keys = False
    if not plain_keys:
        return [PAIRS, *_items(part for pair in value.items() for part in pair)]
    if isinstance(value, dict) and _only_these(map(type, value.values())):
        return value
    return dict(zip(value, _items(value.values()), strict=True))


def _struct(kind: type[msgspec.Struct]) -> Callable[[Any], Any]:
    name, fields = kind.__qualname__, kind.__struct_fields__
    # A class may have put a property over a field.
    bare = all(isinstance(getattr(kind, field), MemberDescriptorType) for field in fields)
    read = astuple if bare else getter(fields)

    def plan(value: Any) -> Any:
        found = read(value)
        return (STRUCT, name, *(found if _only_these(map(type, found)) else _items(found)))

    return plan


_USER, _GLOBAL, _INTERNAL = (
    getattr(VariableBundle, name).__get__ for name in VariableBundle.__struct_fields__
)


def _bundle(kind: type[VariableBundle]) -> Callable[[Any], Any]:
    name = kind.__qualname__
    none, lost = [FROZEN, {}], [NOT_KEPT, "internal variables"]

    def plan(value: Any) -> Any:
        # Below the properties of a bundle that notes what is read.
        internal = lost if _INTERNAL(value) else none
        return STRUCT, name, _plain(_USER(value)), _plain(_GLOBAL(value)), internal

    return plan


def _shared(plan: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A plan for what is passed on more than once, or is in many: it is encoded once."""

    def encoded(value: Any) -> Any:
        plain = msgspec.Raw(_encode(plan(value)))
        if len(_KNOWN) >= _MOST_KNOWN:
            forget()
        _KNOWN[id(value)] = plain, value
        return plain

    return encoded


def forget() -> None:
    """Hold nothing of what checksums were made of; from any thread."""
    _KNOWN.clear()
    _KNOWN.update(_COMMON)


class _Plans(dict[type, Callable[[Any], Any]]):
    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        plan: Callable[[Any], Any] = _exactly
        if issubclass(kind, VariableBundle):
            plan = _bundle(kind)
        elif issubclass(kind, msgspec.Struct):
            plan = _struct(kind)
        self[kind] = plan
        return plan


_PLANS = _Plans(
    {
        # In the desired state of its parent, and then by itself.
        ChildSpec: _shared(_struct(ChildSpec)),
        # The location and the global variables are one object for all.
        FrozenDict: _shared(lambda value: (FROZEN, _mapping(value))),
        dict: _mapping,
        MappingProxyType: _mapping,
        list: lambda value: (LIST, *_items(value)),
        tuple: lambda value: (TUPLE, *_items(value)),
    }
)
"""How each class is written; a class that is not here yet is looked at once."""

_KNOWN: dict[int, tuple[Any, Any]] = {}
"""The plain form of frozen data by its identity, and the data, which this keeps alive."""

_MOST_KNOWN = 5_000

_COMMON = {id(one): (_PLANS[type(one)](one), one) for one in ((), EMPTY, AS_ELSEWHERE)}
forget()
