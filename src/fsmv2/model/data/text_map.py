"""Every text in a value, changed: how secrets are put into data and taken out of it again.

Author code hands back whatever it likes, so this looks into more than plain data: structs,
dataclasses, exceptions, sets, paths, and objects of any kind. Called by the vault.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import enum
import types
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED

Change = Callable[[str], str]

PLAIN = (
    types.NoneType,
    bool,
    int,
    float,
    complex,
    enum.Enum,
    decimal.Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    uuid.UUID,
    type,
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.ModuleType,
)
"""What holds no text of somebody's; functions are the author's own code."""

DEEPEST = 100
"""Nesting beyond which a value is no data; Python itself would give up soon after."""

SEARCHED = 10_000
"""Values looked at inside objects that are no data; a client may hold half a program."""


def map_texts(value: Any, change: Change, *, opaque: bool = False) -> Any:
    """`value` with `change` applied to every text in it; the same object where nothing changed.

    `opaque`: objects that are no data are searched, too, and asked for their `repr`. Where `change`
    finds something in one, or a changed copy cannot be made, a text stands in its place.
    """
    return _Mapping(change, opaque).map(value)


class _Mapping:
    """One walk through one value; `_above` are the objects we are inside of."""

    def __init__(self, change: Change, opaque: bool) -> None:
        self._change = change
        self._opaque = opaque
        self._above: set[int] = set()
        self._inside = False
        self._left = SEARCHED

    def map(self, value: Any) -> Any:
        if type(value) is str:
            return self._change(value)
        if isinstance(value, PLAIN) and not isinstance(value, str):
            return value
        if self._inside:
            self._left -= 1
            if self._left < 0:
                return value
        if id(value) in self._above or len(self._above) > DEEPEST:
            if not self._opaque or self._inside:
                return value
            return f"<{type(value).__name__} in itself, or nested too deeply>"
        self._above.add(id(value))
        try:
            return self._looked_into(value)
        except ANY_RAISED as error:
            if not self._opaque:
                raise
            return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
        finally:
            self._above.discard(id(value))

    def _looked_into(self, value: Any) -> Any:
        if isinstance(value, str):
            plain = str.__str__(value)  # its own may say something else, as that of an enum does
            changed = self._change(plain)
            return value if changed == plain else changed
        if isinstance(value, bytes | bytearray):
            text = value.decode("utf-8", "surrogateescape")
            changed = self._change(text)
            if changed is text:
                return value
            return type(value)(changed.encode("utf-8", "surrogateescape"))
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list | tuple | set | frozenset | deque):
            made = [self.map(item) for item in value]
            if all(a is b for a, b in zip(made, value, strict=True)):
                return value
            kind = type(value)
            return kind(*made) if hasattr(value, "_fields") else kind(made)
        if isinstance(value, msgspec.Struct):
            names = value.__struct_fields__
            return self._with_attributes(value, names, msgspec.structs.force_setattr)
        if isinstance(value, BaseException):
            return self._exception(value)
        if isinstance(value, PurePath):
            text = str(value)
            changed = self._change(text)
            return value if changed == text else type(value)(changed)
        if dataclasses.is_dataclass(value):
            names = tuple(field.name for field in dataclasses.fields(value))
            return self._with_attributes(value, names, object.__setattr__)
        return self._object(value)

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        items = {self.map(k): self.map(v) for k, v in value.items()}
        same = len(items) == len(value) and all(
            a is c and b is d for (a, b), (c, d) in zip(items.items(), value.items(), strict=True)
        )
        return value if same else items

    def _with_attributes(
        self, value: Any, names: tuple[str, ...], put: Callable[[Any, str, Any], None]
    ) -> Any:
        """A copy with changed attributes, past `__post_init__`, which may refuse a token."""
        changed: dict[str, Any] = {}
        for name in names:
            old = getattr(value, name, None)
            new = self.map(old)
            if new is not old:
                changed[name] = new
        if not changed:
            return value
        made = copy.copy(value)
        for name, new in changed.items():
            put(made, name, new)
        return made

    def _exception(self, error: BaseException) -> Any:
        """A copy without its traceback, whose frames hold everything that was at hand."""
        text = f"{type(error).__name__}: {error}"
        try:
            made = copy.copy(error)
            made.args = self.map(error.args)
            for name, item in vars(error).items():
                setattr(made, name, self.map(item))
            made.__cause__, made.__context__ = (
                self.map(error.__cause__),
                self.map(error.__context__),
            )
            made.__suppress_context__ = error.__suppress_context__
        except ANY_RAISED:  # its own `__init__`; a text for its cause
            return self._change(text)
        shown = f"{made} {made!r}"
        return made if self._change(shown) == shown else self._change(text)

    def _object(self, value: Any) -> Any:
        """Something that is no data: never copied, since nobody knows what it holds on to."""
        if not self._opaque:
            return value
        shown = repr(value)
        if (changed := self._change(shown)) != shown:
            return changed
        before, self._inside = self._inside, True
        names = (*_slots(type(value)), *getattr(value, "__dict__", ()))
        held = [getattr(value, name, None) for name in names]
        found = any(self.map(item) is not item for item in held)
        self._inside = before
        return f"<{type(value).__name__} with a secret in it>" if found else value


def _slots(kind: type) -> list[str]:
    found: list[str] = []
    for base in kind.__mro__:
        own = base.__dict__.get("__slots__", ())
        found += [own] if isinstance(own, str) else own
    return [name for name in found if name not in ("__dict__", "__weakref__")]
