"""Checksums of data that instructions pass on: the same in any process for what is equal.

They are of the plain form that `ExactWriter` makes, as MessagePack. There are forty thousand of
them in a second when a large tree starts, and so nothing plain is made first: the bytes of structs
and mappings of text and numbers, which is nearly all that a tree passes on, are put together here,
in half of the time. What else there is, `ExactWriter` writes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from operator import is_
from types import MappingProxyType, MemberDescriptorType
from typing import Any

import msgspec
from msgspec.structs import astuple

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
from fsmv2.model.desired import DesiredState
from fsmv2.model.specs import UserSpec

AS_IT_IS = frozenset({str, int, float, bool, type(None)})
"""What stands in the plain form as it is."""
_only_these = AS_IT_IS.issuperset
_encode = msgspec.msgpack.Encoder().encode
_EXACT = ExactWriter(refer=False)

Write = Callable[[Any], bytes]


def checksum(value: Any) -> str:
    """Eight hexadecimal digits of data; what is no data counts by its class."""
    try:
        return f"{zlib.crc32(_WRITERS[type(value)](value)):08x}"
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # such as half a surrogate pair or a number of 30 digits, which are no MessagePack
    try:
        return f"{zlib.crc32(_exactly(value)):08x}"
    except RecursionError:
        return "too deep"


def _exactly(value: Any) -> bytes:
    plain = _EXACT.write(value)
    _EXACT.unkept.clear()
    return _encode(plain)


def _array(items: int) -> bytes:
    """What stands before so many items."""
    if items < 16:
        return bytes((0x90 | items,))
    if items < 2**16:
        return b"\xdc" + items.to_bytes(2, "big")
    return b"\xdd" + items.to_bytes(4, "big")


# ---- containers ---------------------------------------------------------------------------------


def _raw(value: Any) -> msgspec.Raw:
    """A part that is not as it is."""
    known = _KNOWN.get(id(value))
    return msgspec.Raw(_WRITERS[type(value)](value)) if known is None else known[1]


def _sequence(mark: int) -> Write:
    empty = _encode([mark])

    def write(values: Any) -> bytes:
        if not values:
            return empty
        if _only_these(map(type, values)):
            return _encode([mark, *values])
        writers = _WRITERS
        parts = [writers[type(one)](one) for one in values]
        return b"".join((_array(len(parts) + 1), _encode(mark), *parts))

    return write


def _mapping(value: Mapping[Any, Any]) -> bytes:
    if not value:
        return b"\x80"
    try:
        plain_keys = "".join(value).isascii()
    except TypeError:  # not all of them are text
        plain_keys = False
    if not plain_keys:
        parts = [part for pair in value.items() for part in pair]
        return _encode([PAIRS, *[one if type(one) in AS_IT_IS else _raw(one) for one in parts]])
    if isinstance(value, dict) and _only_these(map(type, value.values())):
        return _encode(value)
    plain = dict(value)
    for key, one in value.items():
        if type(one) not in AS_IT_IS:
            plain[key] = _raw(one)
    return _encode(plain)


_FROZEN = _array(2) + _encode(FROZEN)


def _frozen(value: Mapping[Any, Any]) -> bytes:
    return _FROZEN + _mapping(value)


# ---- structs ------------------------------------------------------------------------------------


def _head(kind: type[msgspec.Struct]) -> bytes:
    fields = len(kind.__struct_fields__)
    return _array(2 + fields) + _encode(STRUCT) + _encode(kind.__qualname__)


def _bare(kind: type[msgspec.Struct]) -> bool:
    """Whether no class has put a property over a field."""
    fields = kind.__struct_fields__
    return all(isinstance(getattr(kind, field), MemberDescriptorType) for field in fields)


def _struct(kind: type[msgspec.Struct]) -> Write:
    fields = kind.__struct_fields__
    read = astuple if _bare(kind) else getter(fields)
    head, skip = _head(kind), len(_array(len(fields)))

    def write(value: Any) -> bytes:
        found = read(value)
        if _only_these(map(type, found)):
            return head + _encode(found)[skip:]
        writers = _WRITERS
        return head + b"".join([writers[type(one)](one) for one in found])

    return write


_USER, _GLOBAL, _INTERNAL = (
    getattr(VariableBundle, name).__get__ for name in VariableBundle.__struct_fields__
)
_NONE, _LOST = _encode([FROZEN, {}]), _encode([NOT_KEPT, "internal variables"])


def _bundle(kind: type[VariableBundle]) -> Write:
    head = _head(kind)

    def write(value: Any) -> bytes:
        # Below the properties of a bundle that notes what is read.
        user, global_ = _USER(value), _GLOBAL(value)
        writers, internal = _WRITERS, _LOST if _INTERNAL(value) else _NONE
        return head + writers[type(user)](user) + writers[type(global_)](global_) + internal

    return write


def _spec(kind: type[UserSpec]) -> Write:
    """Of a spec whose fields begin with those of all specs."""
    head, left = _head(kind), len(kind.__struct_fields__) - 2
    skip = len(_array(left))

    def write(value: Any) -> bytes:
        found = astuple(value)
        variables, location = found[:2]
        writers = _WRITERS
        begin = head + writers[type(variables)](variables)
        begin += _NONE if location is EMPTY else writers[type(location)](location)
        if not left:
            return begin
        own = found[2:]
        if _only_these(map(type, own)):
            return begin + _encode(own)[skip:]
        return begin + b"".join([writers[type(one)](one) for one in own])

    return write


def _with_usual_end(
    kind: type[msgspec.Struct], own: int, usual: msgspec.Struct, begin: Write
) -> Write:
    """Of a struct whose fields after its `own` first ones are nearly always as in `usual`."""
    head, usual_end = _head(kind), astuple(usual)[own:]
    end = b"".join([_WRITERS[type(one)](one) for one in usual_end])

    def write(value: Any) -> bytes:
        found = astuple(value)
        last = found[own:]
        # The very objects: what is equal to them is written out, with the same bytes.
        if all(map(is_, last, usual_end)):
            return head + begin(found) + end
        return head + begin(found) + b"".join([_WRITERS[type(one)](one) for one in last])

    return write


def _child_begin(found: tuple[Any, ...]) -> bytes:
    spec = found[2]
    return _encode(found[:2])[1:] + _WRITERS[type(spec)](spec)


def _desired_begin(found: tuple[Any, ...]) -> bytes:
    state, children, config = found[:3]
    writers = _WRITERS
    return _encode(state) + writers[type(children)](children) + writers[type(config)](config)


def _shared(write: Write) -> Write:
    """Of what is passed on more than once, or is in many: it is written once."""

    def known(value: Any) -> bytes:
        found = _KNOWN.get(id(value))
        if found is not None:
            return found[0]
        written = write(value)
        if len(_KNOWN) >= _MOST_KNOWN:
            forget()
        _KNOWN[id(value)] = written, msgspec.Raw(written), value
        return written

    return known


def forget() -> None:
    """Hold nothing of what checksums were made of; from any thread."""
    _KNOWN.clear()
    _KNOWN.update(_COMMON)


class _Writers(dict[type, Write]):
    def __missing__(self, kind: type) -> Write:
        write: Write = _exactly
        if issubclass(kind, VariableBundle):
            write = _bundle(kind)
        elif issubclass(kind, UserSpec) and _bare(kind):
            write = _spec(kind)
        elif issubclass(kind, msgspec.Struct):
            write = _struct(kind)
        self[kind] = write
        return write


_WRITERS = _Writers(
    {
        str: _encode,
        int: _encode,
        float: _encode,
        bool: _encode,
        type(None): _encode,
        # The location and the global variables are one object for all.
        FrozenDict: _shared(_frozen),
        dict: _mapping,
        MappingProxyType: _mapping,
        list: _sequence(LIST),
        tuple: _sequence(TUPLE),
    }
)
"""How each class is written; a class that is not here yet is looked at once."""

_KNOWN: dict[int, tuple[bytes, msgspec.Raw, Any]] = {}
"""The bytes of frozen data by its identity, and the data, which this keeps alive."""

_MOST_KNOWN = 20_000

_COMMON = {id(EMPTY): (_NONE, msgspec.Raw(_NONE), EMPTY)}
forget()

_CHILD = ChildSpec("usual", "usual", UserSpec())
# In the desired state of its parent, and then by itself.
_WRITERS[ChildSpec] = _shared(_with_usual_end(ChildSpec, 3, _CHILD, _child_begin))
_WRITERS[DesiredState] = _with_usual_end(
    DesiredState, 3, DesiredState(state="usual"), _desired_begin
)
