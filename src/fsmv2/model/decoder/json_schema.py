"""From a type that a document is decoded to, to its JSON Schema, with which editors check.

The schema refuses less than the decoder does: what several keys mean together, references and the
rules of a struct are no matter of shape. It accepts whatever the decoder accepts. Draft 7, which
editors of YAML know.
"""

from __future__ import annotations

import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union

import msgspec

from fsmv2.duration import DURATION, written_duration
from fsmv2.model.decoder.decoders import is_struct, reader_of, split_notes
from fsmv2.model.decoder.key_meanings import key_meanings
from fsmv2.model.decoder.one_of import OneOf
from fsmv2.model.decoder.scalars import ANY_NUMBER, WHOLE_NUMBER
from fsmv2.model.decoder.template_fields import TEMPLATED

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"
TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{|\{%"}
SECONDS: Schema = {
    "type": "string",
    "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|min|m|h|d)\s*)+$|\{\{|\{%",
    "examples": ["500ms", "10s", "2m", "1h30m"],
}
"""A duration; or a template, since whoever writes one sees to it."""

_NUMBER = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_TEXT = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
_LIST = {"min_length": "minItems", "max_length": "maxItems"}
_KEYS = {"min_length": "minProperties", "max_length": "maxProperties"}

Describe = Callable[[type[msgspec.Struct], str], str]
"""What a key of a struct is for, beyond its type; '': nothing more is known."""


def json_schema(type_: type[msgspec.Struct], describe: Describe | None = None) -> Schema:
    """The schema of a document of this type.

    Descriptions are those of the structs, and what each says of a key; `describe` may know more.
    """
    schemas = _Schemas(describe or (lambda _struct, _key: ""))
    root = schemas.of_struct(type_)
    return {"$schema": DIALECT, **root, "definitions": schemas.definitions}


class _Schemas:
    """The schemas of all structs that were met, each once."""

    def __init__(self, describe: Describe) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[type, str] = {}
        self._describe = describe

    def of(self, type_: Any, notes: tuple[Any, ...] = ()) -> Schema:
        """The schema of any type that a document can give."""
        bare, own = split_notes(type_)
        notes = (*own, *notes)
        if any(note is TEMPLATED for note in notes):
            inner = self.of(bare, tuple(note for note in notes if note is not TEMPLATED))
            return _or_template(inner)
        if (one := next((note for note in notes if isinstance(note, OneOf)), None)) is not None:
            return self._one_of(one)
        if any(note is DURATION for note in notes):
            return dict(SECONDS)
        metas = [note for note in notes if isinstance(note, msgspec.Meta)]
        if typing.get_origin(bare) in (Union, types.UnionType) and bare != int | float:
            return {"anyOf": [self.of(option, notes) for option in typing.get_args(bare)]}
        return self._leaf(bare, metas) or self._branch(bare, metas)

    def _leaf(self, bare: Any, metas: Sequence[msgspec.Meta]) -> Schema:
        if bare is None or bare is type(None):
            return {"type": "null"}
        if bare is bool:
            return {"type": "boolean"}
        if bare is int:
            return {**_quoted("integer", WHOLE_NUMBER), **_limits(metas, _NUMBER)}
        if bare in (float, int | float):
            return {**_quoted("number", ANY_NUMBER), **_limits(metas, _NUMBER)}
        if bare is str:
            return {"type": "string", **_limits(metas, _TEXT)}
        if typing.get_origin(bare) is Literal:
            return {"enum": list(typing.get_args(bare))}
        if isinstance(bare, type) and issubclass(bare, enum.Enum):
            return {"enum": [member.value for member in bare]}
        return {}

    def _branch(self, bare: Any, metas: Sequence[msgspec.Meta]) -> Schema:
        origin, args = typing.get_origin(bare) or bare, typing.get_args(bare)
        if origin in (dict, Mapping):
            inner = self.of(args[1]) if args else {}
            return {"type": "object", "additionalProperties": inner, **_limits(metas, _KEYS)}
        if origin is tuple and args and args[-1] is not Ellipsis:
            items = [self.of(arg) for arg in args]
            return {"type": "array", "items": items, "minItems": len(args), "maxItems": len(args)}
        if origin in (list, tuple, Sequence):
            items_of = self.of(args[0]) if args else {}
            return {"type": "array", "items": items_of, **_limits(metas, _LIST)}
        return self._reference(origin) if is_struct(origin) else {}

    def _reference(self, struct: type[msgspec.Struct]) -> Schema:
        if struct not in self._names:
            name = struct.__name__
            if name in self._names.values():
                name = f"{struct.__module__.rpartition('.')[2]}.{name}"
            self._names[struct] = name
            self.definitions[name] = {}  # a struct may contain itself
            self.definitions[name] = self.of_struct(struct)
        return {"$ref": f"#/definitions/{self._names[struct]}"}

    def of_struct(self, struct: type[msgspec.Struct]) -> Schema:
        """The schema of a struct itself."""
        said = _sentences(struct) | key_meanings(struct)
        properties: dict[str, Schema] = {}
        for field in msgspec.structs.fields(struct):
            inner = self.of(field.type)
            key = field.encode_name
            words = [
                said.get(field.name) or said.get(key, ""),
                self._describe(struct, key),
                _expected(field),
            ]
            if "$ref" in inner:
                referred = self.definitions[inner["$ref"].rpartition("/")[2]]
                words[-1] = referred.get("description", "")
            text = " ".join(filter(None, words))
            # Beside a `$ref` nothing counts in this draft.
            described = {"allOf": [inner]} if "$ref" in inner else inner
            properties[key] = {**described, "description": text} if text else described
        aliases = getattr(struct, "ALIASES", {})
        properties |= {alias: properties[key] for alias, key in aliases.items()}
        found: Schema = {
            "type": "object",
            "description": _doc(struct),
            "properties": properties,
            "additionalProperties": False,
        }
        needed = [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
        if plain := [key for key in needed if key not in aliases.values()]:
            found["required"] = plain
        if spelt := [key for key in needed if key in aliases.values()]:
            names = [[key, *(a for a, k in aliases.items() if k == key)] for key in spelt]
            found["allOf"] = [{"anyOf": [{"required": [n]} for n in one]} for one in names]
        return found

    def _one_of(self, one: OneOf) -> Schema:
        return {
            "type": "object",
            "description": one.summary.replace("`", ""),
            "properties": {key: self.of(struct) for key, struct in one.choices.items()},
            "additionalProperties": False,
            "minProperties": 0 if one.default else 1,
            "maxProperties": 1,
        }


def _or_template(inner: Schema) -> Schema:
    if inner == {"type": "string"} or inner.get("pattern") == SECONDS["pattern"]:
        return inner
    return {"anyOf": [inner, TEMPLATE]}


def _quoted(kind: str, pattern: str) -> Schema:
    """A number, which may stand in quotes; limits are of numbers, and the pattern is of texts."""
    return {"type": [kind, "string"], "pattern": f"^{pattern}$"}


def _limits(metas: Sequence[msgspec.Meta], names: Mapping[str, str]) -> Schema:
    return {
        there: limit
        for meta in metas
        for here, there in names.items()
        if (limit := getattr(meta, here)) is not None
    }


def _doc(struct: type[msgspec.Struct]) -> str:
    return " ".join((inspect.getdoc(struct) or "").split())


def _sentences(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What the text of a struct says of each key: the sentences, or parts of one, that name it."""
    found: dict[str, list[str]] = {}
    for sentence in re.split(r"(?<=[.;])\s+(?=[A-Z`])", _doc(struct)):
        for key in re.findall(r"`(\w+)(?::[^`]*)?`", sentence):
            found.setdefault(key, []).append(sentence)
    return {key: " ".join(dict.fromkeys(sentences)) for key, sentences in found.items()}


def _expected(field: msgspec.structs.FieldInfo) -> str:
    """What is written there, and what counts when it is left out."""
    words = f"Expected: {reader_of(field.type).expected}."
    default = field.default
    if field.required or isinstance(default, msgspec.Struct) or default in ("", None, {}, [], ()):
        return words
    if default is msgspec.NODEFAULT:
        return words
    if isinstance(default, float) and "duration" in words:
        return f"{words} Default: {written_duration(default)}."
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"{words} Default: {shown}."
