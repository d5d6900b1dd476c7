"""Makes values of what `exact` wrote. No code comes from the data: it names classes, and only those
that the caller knows, and that hold data and nothing else, are filled.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import JournalError, error_text
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.data import codec
from fsmv2.model.data.frozen import EMPTY, FrozenDict

Find = Callable[[str], Any]
"""The class of a name such as `package.module:Class`; JournalError when it is not known."""


class ExactReader:
    """Reads the values of one `ExactWriter`, in the order in which they were written."""

    def __init__(
        self,
        find: Find,
        *,
        given: Callable[..., Any] = lambda *key: None,
        parts: Callable[[type], tuple[str, ...] | None] = lambda kind: None,
    ) -> None:
        """`given` and `parts` are the other side of those of the writer."""
        self._find = find
        self._given = given
        self._parts = parts
        self.not_kept: list[str] = []
        """The classes of what stood there and was not kept."""
        self._met: list[Any] = []
        self._makers: dict[tuple[int, str], Callable[[list[Any]], Any]] = {}

    def forget(self) -> None:
        """Begin anew, where the writer did."""
        self._met.clear()

    def read(self, plain: Any) -> Any:
        """The value whose plain form this is; JournalError: it is none, or its class is unknown."""
        kind = plain.__class__
        if kind is dict:
            value: Any = {key: self.read(item) for key, item in plain.items()}
        elif kind is not list:
            return plain
        else:
            tag = plain[0] if plain else None
            if tag == codec.REF:
                return self._met[plain[1]]
            unnumbered = self._unnumbered(tag, plain)
            if unnumbered is not _NUMBERED:
                return unnumbered
            value = self._numbered(tag, plain)
        self._met.append(value)
        return value

    def _unnumbered(self, tag: Any, plain: list[Any]) -> Any:
        match tag:
            case codec.TEXT:
                return codec.TEXTS[plain[1]][2](plain[2])
            case codec.RAW_TEXT:
                raw: bytes = plain[2]
                return raw.decode("utf-8", "surrogatepass") if plain[1] else raw
            case codec.SCALAR:
                return self.read(plain[1])
            case codec.ENUM:
                found = self._find(plain[1])
                if not (isinstance(found, type) and issubclass(found, enum.Enum)):
                    raise wrong_class(plain[1])
                if plain[2] not in found.__members__:
                    raise JournalError(f"{plain[1]} has no member '{plain[2]}' any more.")
                return found[plain[2]]
            case codec.GIVEN:
                return self._given(*plain[1:])
            case codec.NOT_KEPT:
                self.not_kept.append(plain[1])
                return codec.NotKept(plain[1])
        return _NUMBERED

    def _numbered(self, tag: Any, plain: list[Any]) -> Any:
        match tag:
            case codec.LIST:
                return [self.read(item) for item in plain[1:]]
            case codec.TUPLE:
                return tuple([self.read(item) for item in plain[1:]])
            case codec.DEQUE:
                return deque([self.read(item) for item in plain[2:]], plain[1])
            case codec.SET:
                return {self.read(item) for item in plain[1:]}
            case codec.FROZENSET:
                return frozenset([self.read(item) for item in plain[1:]])
            case codec.PAIRS:
                parts = [self.read(item) for item in plain[1:]]
                return dict(zip(parts[::2], parts[1::2], strict=True))
            case codec.FROZEN:
                inner = plain[1]  # is not numbered by itself
                if inner.__class__ is dict:
                    items = {key: self.read(item) for key, item in inner.items()}
                else:
                    items = self._numbered(codec.PAIRS, inner)
                return FrozenDict(items) if items else EMPTY
            case codec.STRUCT | codec.DATACLASS | codec.NAMEDTUPLE | codec.PARTS:
                key = (tag, plain[1])
                make = self._makers.get(key)
                if make is None:
                    make = self._makers[key] = self._maker(tag, plain[1])
                return make([self.read(item) for item in plain[2:]])
        raise JournalError(f"it holds something of an unknown kind: {tag!r}.")

    def _maker(self, tag: int, name: str) -> Callable[[list[Any]], Any]:
        found = self._find(name)
        if not isinstance(found, type):
            raise wrong_class(name)
        if tag == codec.PARTS:
            names = self._parts(found)
            if names is None:
                raise wrong_class(name)
            return lambda values: _filled(found, name, names, values)
        if tag == codec.DATACLASS and dataclasses.is_dataclass(found):
            fields = tuple(field.name for field in dataclasses.fields(found))
            return lambda values: _filled(found, name, fields, values)
        if tag == codec.NAMEDTUPLE and issubclass(found, tuple) and hasattr(found, "_fields"):
            return lambda values: found(*values)
        if tag == codec.STRUCT and issubclass(found, VariableBundle):
            # A kind of it that notes what is read is made without looking at its mappings, too.
            make = found.trusted if found is VariableBundle else found
            return lambda values: make(*values)
        if tag == codec.STRUCT and issubclass(found, msgspec.Struct):
            return _struct_maker(found, name)
        raise wrong_class(name)


_NUMBERED = object()


def wrong_class(name: str) -> JournalError:
    """What is raised when a name is that of something else than it was."""
    return JournalError(f"{name} is not the kind of class that it was when this was recorded.")


def _check_count(name: str, names: tuple[str, ...], values: list[Any]) -> None:
    if len(names) != len(values):
        raise JournalError(
            f"{name} has {len(names)} fields now, and had {len(values)} when this was recorded.",
            fix="Replay it with the code that recorded it.",
        )


def _filled(cls: type, name: str, names: tuple[str, ...], values: list[Any]) -> Any:
    _check_count(name, names, values)
    made: Any = object.__new__(cls)
    for attribute, value in zip(names, values, strict=True):
        object.__setattr__(made, attribute, value)
    return made


def _struct_maker(cls: type[msgspec.Struct], name: str) -> Callable[[list[Any]], Any]:
    names = cls.__struct_fields__
    own_rule = inspect.getattr_static(cls, "__post_init__", None) is not None

    def make(values: list[Any]) -> Any:
        _check_count(name, names, values)
        fields: Mapping[str, Any] = dict(zip(names, values, strict=True))
        try:
            made = cls(**fields)
        except ANY_RAISED as error:
            raise JournalError(
                f"{name} cannot be rebuilt from what was recorded: {error_text(error)}."
            ) from error
        if own_rule:  # it may have changed once more what it had changed already
            for field, value in fields.items():
                msgspec.structs.force_setattr(made, field, value)
        return made

    return make
