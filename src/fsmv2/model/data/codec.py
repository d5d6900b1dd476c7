"""Any typed data as plain data, exactly: what `exact_reader` makes of it decides like the original.

`serialise` writes for people and interfaces and needs to be told the types; here tuples stay
tuples, structs keep their class, and what was one object stays one object. Nothing is pickled: the
plain form names classes of data, and whoever reads it says which classes there are. Called by the
journal and by checkpoints of the core.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import pathlib
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Set
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec

from fsmv2.model.bundle import VariableBundle
from fsmv2.model.data.frozen import EMPTY, FrozenDict

(
    LIST,
    TUPLE,
    PAIRS,
    FROZEN,
    SET,
    FROZENSET,
    STRUCT,
    ENUM,
    REF,
    TEXT,
    RAW_TEXT,
    DATACLASS,
    NAMEDTUPLE,
    PARTS,
    DEQUE,
    SCALAR,
    GIVEN,
    NOT_KEPT,
) = range(18)
"""First item of every array in the plain form. Other arrays there are none; a map has text keys."""

SCALARS = frozenset({bool, float, type(None)})
_LEAST, _MOST = -(2**63), 2**64
"""What an integer may be in MessagePack; others are written as text."""

TEXTS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "int": (int, str, int),
    "datetime": (datetime.datetime, str, datetime.datetime.fromisoformat),
    "date": (datetime.date, str, datetime.date.fromisoformat),
    "time": (datetime.time, str, datetime.time.fromisoformat),
    "seconds": (
        datetime.timedelta,
        lambda d: f"{d.days} {d.seconds} {d.microseconds}",
        lambda text: datetime.timedelta(*map(int, text.split())),
    ),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "uuid": (uuid.UUID, str, uuid.UUID),
    "path": (pathlib.PosixPath, str, pathlib.PosixPath),
    "pure-path": (pathlib.PurePosixPath, str, pathlib.PurePosixPath),
    "ip4": (ipaddress.IPv4Address, str, ipaddress.IPv4Address),
    "ip6": (ipaddress.IPv6Address, str, ipaddress.IPv6Address),
}
"""Classes of data that are one text, by the name they bear in the plain form."""


class NotKept(msgspec.Struct, frozen=True):
    """Stands where something stood that is no data: an object of the class `kind`."""

    kind: str


class ExactWriter:
    """Makes plain data of values; what was written before by it is referred to.

    Every value it was given must live until it is to `forget`. `unkept` names the classes of what
    could not be written, which is marked where it stood.
    """

    def __init__(
        self,
        *,
        given: Callable[[Any], tuple[str, ...] | None] = lambda value: None,
        parts: Callable[[type], tuple[str, ...] | None] = lambda kind: None,
        refer: bool = True,
    ) -> None:
        """`given(value)` is a key for what the reader has already, None for all else.

        `parts(kind)` are the attributes of a class of the engine's own, None for all else. Unless
        it is to `refer`, equal values have equal plain forms, and no reader.
        """
        self.unkept: list[str] = []
        self._given = given
        self._parts = parts
        self._refer = refer
        self._numbers: dict[int, int] = {}
        self._plans: dict[type, Callable[[Any], Any]] = {
            list: lambda v: [LIST, *map(self.write, v)],
            tuple: lambda v: [TUPLE, *map(self.write, v)],
            dict: self._mapping,
            FrozenDict: lambda v: [FROZEN, self._mapping(v)],
            MappingProxyType: self._mapping,
            deque: lambda v: [DEQUE, v.maxlen, *map(self.write, v)],
            NotKept: lambda v: [NOT_KEPT, v.kind],
            set: lambda v: [SET, *self._members(v)],
            frozenset: lambda v: [FROZENSET, *self._members(v)],
        }

    def write(self, value: Any) -> Any:
        """The plain form of `value`: what MessagePack can hold."""
        kind = value.__class__
        if kind in SCALARS:
            return value
        if kind is str:
            return value if value.isascii() else _text(value)
        if kind is int:
            return value if _LEAST <= value < _MOST else [TEXT, "int", str(value)]
        number = self._numbers.get(id(value))
        if number is not None:
            return [REF, number]
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = self._plan(kind)
        plain = plan(value)
        if self._refer and (plain.__class__ is dict or plain[0] not in _UNNUMBERED):
            self._numbers[id(value)] = len(self._numbers)
        return plain

    def forget(self) -> None:
        """Refer to nothing written so far: what follows is read by itself."""
        self._numbers.clear()

    def close(self) -> None:
        """Write nothing any more, and hold nothing.

        Without it a writer is garbage in a circle, as its plans call it; with all that it has
        written and what it was given, which may be a whole tree.
        """
        self._plans.clear()
        self._numbers.clear()
        self._given = lambda value: None

    # ---- how each class is written --------------------------------------------------------------

    def _members(self, value: Set[Any]) -> list[Any]:
        plain = [*map(self.write, value)]
        # Sorted, so that equal sets are equal bytes. But what is referred to later is numbered as
        # it is written, and the reader counts what it meets: that order must be one.
        if not self._refer or not any(one.__class__ in (list, dict) for one in plain):
            plain.sort(key=repr)
        return plain

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        if not value:
            return {}
        write = self.write
        try:
            plain_keys = "".join(value).isascii()
        except TypeError:  # not all of them are text
            plain_keys = False
        if plain_keys:
            # Most values are written as they are; a call for each would take three times as long.
            return {
                key: item
                if ((kind := item.__class__) is str and item.isascii()) or kind in SCALARS
                else write(item)
                for key, item in value.items()
            }
        return [PAIRS, *(write(part) for pair in value.items() for part in pair)]

    def _plan(self, kind: type) -> Callable[[Any], Any]:
        name, write = self._name(kind), self.write
        attributes = self._parts(kind)
        if attributes is not None:
            read = getter(attributes)
            return lambda v: [PARTS, name, *map(write, read(v))]
        if issubclass(kind, VariableBundle):
            return lambda v: [STRUCT, name, *self._bundle(v)]
        if issubclass(kind, msgspec.Struct):
            read = getter(kind.__struct_fields__)
            return lambda v: [
                STRUCT,
                name,
                *[
                    item
                    if ((kind := item.__class__) is str and item.isascii())
                    or kind in SCALARS
                    or (kind is int and _LEAST <= item < _MOST)
                    else write(item)
                    for item in read(v)
                ],
            ]
        if issubclass(kind, enum.Enum):
            return lambda v: [ENUM, name, v.name]
        if dataclasses.is_dataclass(kind):
            read = getter(tuple(field.name for field in dataclasses.fields(kind)))
            return lambda v: [DATACLASS, name, *map(write, read(v))]
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return lambda v: [NAMEDTUPLE, name, *map(write, v)]
        for key, (known, as_text, _) in TEXTS.items():
            if kind is known:
                return lambda v: [TEXT, key, as_text(v)]
        if kind is bytes:
            return lambda v: [RAW_TEXT, False, v]
        # A subclass of these, such as a number out of an array, is written as what it equals.
        for base in (str, int, float):
            if issubclass(kind, base):
                return self._scalar(base)
        for container in (dict, list):
            if issubclass(kind, container):
                plan = self._plans[container]
                return lambda v: plan(container(v))
        return self._unknown

    def _name(self, kind: type) -> str:
        # What runs as a program has its classes in `__main__`; to compare, that is no difference.
        return exact_name(kind) if self._refer else kind.__qualname__

    def _scalar(self, base: type) -> Callable[[Any], Any]:
        return lambda value: [SCALAR, self.write(base(value))]

    def _bundle(self, value: VariableBundle) -> list[Any]:
        # Below the properties of a bundle that notes what is read. The internal tier is the
        # engine's and is written nowhere; who reads this has it.
        write = self.write
        user, global_, internal = _USER(value), _GLOBAL(value), _INTERNAL(value)
        return [write(user), write(global_), self._internal(internal)]

    def _internal(self, value: Mapping[str, Any]) -> Any:
        if not value:
            return self.write(EMPTY)
        given = self._given(value)
        return [GIVEN, *given] if given is not None else self._lost("internal variables")

    def _unknown(self, value: Any) -> Any:
        given = self._given(value)
        if given is not None:
            return [GIVEN, *given]
        return self._lost(self._name(type(value)))

    def _lost(self, kind: str) -> Any:
        self.unkept.append(kind)
        return [NOT_KEPT, kind]


_USER, _GLOBAL, _INTERNAL = (
    getattr(VariableBundle, name).__get__ for name in VariableBundle.__struct_fields__
)
_UNNUMBERED = frozenset({REF, TEXT, RAW_TEXT, ENUM, SCALAR, GIVEN, NOT_KEPT})


def exact_name(kind: type) -> str:
    """What a class is called in the plain form, for whoever reads it."""
    return f"{kind.__module__}:{kind.__qualname__}"


def getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads these attributes of an object, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _text(value: str) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as a device may send
        return [RAW_TEXT, True, value.encode("utf-8", "surrogatepass")]
    return value
