"""What a type expects, in the words of a message, and whether a scalar is that.

The leaf half of the typed decoder: `decode` walks structures, this judges single values.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union

import msgspec

from fsmv2.errors import nearest
from fsmv2.spec.document.duration import DURATION, parse_duration

T = TypeVar("T")


class _TemplatedMarker:
    def __repr__(self) -> str:
        return "templated"


TEMPLATED = _TemplatedMarker()
Templated = Annotated[T, TEMPLATED]
"""A value of T, or text with a template in it, which is kept as text until it is rendered."""


class Mismatch(Exception):  # noqa: N818  (not an error of the program; carried to a diagnostic)
    """A value is not what was expected; `code`, the sentence, and the fix."""

    def __init__(self, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def split(type_: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without its annotations, and those annotations."""
    if typing.get_origin(type_) is Annotated:
        inner, *notes = typing.get_args(type_)
        below, further = split(inner)
        return below, (*further, *notes)
    return type_, ()


def is_union(type_: Any) -> bool:
    """Whether this is `X | Y` or `Optional[X]`."""
    return typing.get_origin(type_) in (Union, types.UnionType)


def expected(type_: Any) -> str:
    """What a value of this type is, as the object of 'expected …'."""
    type_, notes = split(type_)
    if DURATION in notes:
        return "a duration such as 500ms, 1s or 2m"
    if is_union(type_):
        parts = [expected(arg) for arg in typing.get_args(type_) if arg is not type(None)]
        return " or ".join(dict.fromkeys(parts))
    origin = typing.get_origin(type_)
    if origin is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(type_)))
    if origin in (list, tuple, Sequence) or type_ in (list, tuple):
        return "a list"
    if origin in (dict, Mapping) or (isinstance(type_, type) and issubclass(type_, msgspec.Struct)):
        return "keys and values"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return words.get(type_, "a value") + _range(notes)


def describe(value: Any) -> str:
    """A value as the object of 'got …'."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= 40 else value[:37] + "…"
        return f"the text '{shown}'"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "keys and values"
    return f"the number {value}"


def scalar(value: Any, type_: Any, text: str) -> Any:
    """`value` as this scalar type; Mismatch says what is wrong. `text`: as it was written."""
    type_, notes = split(type_)
    if TEMPLATED in notes and isinstance(value, str) and ("{{" in value or "{%" in value):
        return value
    if DURATION in notes:
        return _duration(value, notes)
    if typing.get_origin(type_) is Literal:
        return _literal(value, typing.get_args(type_))
    if type_ is bool and isinstance(value, bool):
        return value
    if type_ is int and isinstance(value, int) and not isinstance(value, bool):
        return _ranged(value, type_, notes)
    if type_ is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _ranged(float(value), type_, notes)
    if type_ is str and isinstance(value, str):
        return _text(value, notes)
    raise Mismatch(
        "FSM0122",
        f"expected {expected(Annotated[(type_, *notes)] if notes else type_)}, "
        f"got {describe(value)}.",
        _fix(value, type_, text),
    )


def _fix(value: Any, type_: Any, text: str) -> str:
    if type_ is str and not isinstance(value, list | tuple | Mapping) and value is not None:
        return f'Put it in quotes: "{text}".'
    if isinstance(value, str):
        bare = value.strip()
        if type_ is bool and bare.lower() in ("yes", "on", "y", "no", "off", "n"):
            return f"Write {'true' if bare.lower() in ('yes', 'on', 'y') else 'false'}."
        if type_ is bool and bare.lower() in ("true", "false"):
            return f"Remove the quotes: {bare.lower()}."
        if type_ in (int, float):
            try:
                type_(bare)
            except ValueError:
                return ""
            return f"Remove the quotes: {bare}."
    return ""


def _duration(value: Any, notes: tuple[Any, ...]) -> float:
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise Mismatch("FSM0124", f"{error}.") from None
    return float(_ranged(seconds, float, notes, unit=" s"))


def _literal(value: Any, allowed: tuple[Any, ...]) -> Any:
    for candidate in allowed:
        if type(candidate) is type(value) and candidate == value:
            return value
    close = nearest(str(value), map(str, allowed))
    raise Mismatch(
        "FSM0125",
        f"expected one of {', '.join(map(str, allowed))}, got {describe(value)}.",
        f"Did you mean '{close}'?" if close else "",
    )


def _meta(notes: tuple[Any, ...]) -> list[msgspec.Meta]:
    return [note for note in notes if isinstance(note, msgspec.Meta)]


def _range(notes: tuple[Any, ...]) -> str:
    for meta in _meta(notes):
        if meta.ge is not None and meta.le is not None:
            return f" from {meta.ge} to {meta.le}"
        if meta.ge is not None:
            return f" of at least {meta.ge}"
        if meta.gt is not None:
            return f" of more than {meta.gt}"
        if meta.le is not None:
            return f" of at most {meta.le}"
    return ""


def _ranged(value: Any, type_: Any, notes: tuple[Any, ...], unit: str = "") -> Any:
    for meta in _meta(notes):
        if (
            (meta.ge is not None and value < meta.ge)
            or (meta.gt is not None and value <= meta.gt)
            or (meta.le is not None and value > meta.le)
            or (meta.lt is not None and value >= meta.lt)
        ):
            what = "a duration" if unit else expected(type_)
            raise Mismatch(
                "FSM0123",
                f"expected {what}{_range(notes)}{unit}, got {value:g}{unit}."
                if unit
                else f"expected {what}{_range(notes)}, got {value}.",
            )
    return value


def _text(value: str, notes: tuple[Any, ...]) -> str:
    for meta in _meta(notes):
        if meta.min_length is not None and len(value.strip()) < meta.min_length:
            raise Mismatch("FSM0123", "expected text, got nothing but space.")
    return value
