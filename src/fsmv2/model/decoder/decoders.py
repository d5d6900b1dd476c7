"""From a type annotation to the reader that reads it. Struct readers are made once for each type.

What no document can express (a set, a class of one's own) is a mistake of the program and raises
DefinitionError at the first decode.
"""

from __future__ import annotations

import enum
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union

import msgspec

from fsmv2.duration import DURATION
from fsmv2.errors import DefinitionError
from fsmv2.model.decoder.address_fields import AddressForm, AddressText
from fsmv2.model.decoder.choice import Choice
from fsmv2.model.decoder.containers import Entries, FixedTuple, Items
from fsmv2.model.decoder.one_of import Chosen, OneOf
from fsmv2.model.decoder.other_words import OtherWords
from fsmv2.model.decoder.scalars import (
    Anything,
    Flag,
    Null,
    Number,
    Reader,
    Seconds,
    Text,
)
from fsmv2.model.decoder.struct_reader import Fields
from fsmv2.model.decoder.template_fields import AS_WRITTEN, TEMPLATED
from fsmv2.model.decoder.unions import Either, OrTemplate


def reader_of(type_: Any, notes: tuple[Any, ...] = ()) -> Reader:
    """The reader of a type; `notes` are annotations from around it."""
    bare, own = split_notes(type_)
    notes = (*own, *notes)
    if any(note is TEMPLATED for note in notes):
        return OrTemplate(reader_of(bare, tuple(note for note in notes if note is not TEMPLATED)))
    metas = [note for note in notes if isinstance(note, msgspec.Meta)]
    as_written = any(note is AS_WRITTEN for note in notes)
    if (one := next((note for note in notes if isinstance(note, OneOf)), None)) is not None:
        return Chosen(one, _reader_as_written if as_written else reader_of)
    if any(note is DURATION for note in notes):
        return Seconds(metas)
    if (form := next((note for note in notes if isinstance(note, AddressForm)), None)) is not None:
        return AddressText(form, metas)
    inner = _reader_as_written if as_written else reader_of
    if typing.get_origin(bare) in (Union, types.UnionType) and bare != int | float:
        return Either([reader_of(option, notes) for option in typing.get_args(bare)])
    words = next((note for note in notes if isinstance(note, OtherWords)), None)
    reader = scalar_reader(bare, metas, words) or container_reader(
        bare, metas, inner, lambda struct: _struct(struct, as_written)
    )
    if reader is None:
        raise DefinitionError(
            f"A document cannot give a value of the type {type_!r}.",
            fix="Use text, numbers, bool, Literal, Enum, Duration, list, tuple, dict or a Struct.",
        )
    return reader


def scalar_reader(
    bare: Any, metas: list[msgspec.Meta], words: OtherWords | None = None
) -> Reader | None:
    """The reader of a type of single values; None if it is none that a document can express."""
    if bare is Any or bare is object:
        return Anything()
    if bare is None or bare is type(None):
        return Null()
    if bare is bool:
        return Flag()
    if bare is int or bare is float:
        return Number(bare, metas, words=words)
    if bare == int | float:
        return Number(float, metas, exact=True)
    if bare is str:
        return Text(metas)
    if typing.get_origin(bare) is Literal:
        return Choice([(value, value) for value in typing.get_args(bare)], words)
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return Choice.of_enum(bare)
    return None


def container_reader(
    bare: Any,
    metas: list[msgspec.Meta],
    inner: Callable[[Any], Reader],
    of_struct: Callable[[type[msgspec.Struct]], Reader],
) -> Reader | None:
    """The reader of a mapping, list or struct, whose parts `inner` reads; None for other types."""
    origin, args = typing.get_origin(bare) or bare, typing.get_args(bare)
    if origin is dict or origin is Mapping:
        if args and split_notes(args[0])[0] is not str:
            return None  # keys are text, whatever they look like
        return Entries(inner(args[1]) if args else Anything(), metas)
    if origin is tuple and args and args[-1] is not Ellipsis:
        return FixedTuple([inner(arg) for arg in args])
    if origin in (list, tuple, Sequence):
        make = list if origin is list else tuple
        return Items(make, inner(args[0]) if args else Anything(), metas)
    return of_struct(origin) if is_struct(origin) else None


def is_struct(bare: Any) -> bool:
    """Whether a type is one of the structs of msgspec, perhaps with parameters."""
    origin = typing.get_origin(bare) or bare
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def _reader_as_written(type_: Any) -> Reader:
    return reader_of(type_, (AS_WRITTEN,))


@functools.cache
def _struct(type_: type[msgspec.Struct], as_written: bool) -> Reader:
    return Fields(type_, _reader_as_written if as_written else reader_of, as_written=as_written)


def split_notes(type_: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without its annotations, and those annotations."""
    if typing.get_origin(type_) is Annotated:
        inner, *notes = typing.get_args(type_)
        return inner, tuple(notes)
    return type_, ()
