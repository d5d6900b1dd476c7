"""The reader of a struct: its keys, other spellings of them, needed ones, and its own rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError, FsmError, UnfitError
from fsmv2.lookalike_characters import lookalike, straightened, why, without_quotes
from fsmv2.model.decoder.display import shown, shown_path
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.node_paths import join, parse_path
from fsmv2.model.decoder.other_words import meant_key
from fsmv2.model.decoder.scalars import BAD, Problems, Reader, mismatch
from fsmv2.model.decoder.unions import Either, OrTemplate
from fsmv2.model.decoder.value_fixes import instead_of_default, lost_text, unlisted
from fsmv2.name_suggestions import nearest, suggest

MAPPING = frozenset(("mapping",))
_DEEP = 4
"""Levels below a section in which a key is looked for that is not its own."""
BROKEN_RULE = (FsmError, ValueError, TypeError)
"""What the `__post_init__` of a struct raises."""


@runtime_checkable
class OneByOne(Protocol):
    """A reader of a list of which each entry can be replaced at its place."""

    def valid_entries(self, node: Node) -> Node | None:
        """The list with a neutral entry for each that is wrong; None if there is none."""


class Field:
    """One field of a struct: its key in the document, its attribute, and how it is read."""

    __slots__ = ("default", "key", "name", "reader", "required")

    def __init__(self, info: msgspec.structs.FieldInfo, reader: Reader) -> None:
        self.key = info.encode_name
        self.name = info.name
        self.required = info.required
        self.default = info.default
        self.reader = reader


class Fields:
    """A Struct: its keys, other spellings of them, required ones, and its own rules."""

    kinds = MAPPING
    expected = "keys and values"
    one_of_them = False
    """Whether one of its keys is needed, and there can be only one."""

    def __init__(
        self,
        type_: type[msgspec.Struct],
        reader_of: Callable[[Any], Reader],
        *,
        as_written: bool = False,
        open_: bool = False,
    ) -> None:
        """`as_written`: the keys are checked, and no instance is made. `open_`: unknown ones are
        nobody's business."""
        self._type = type_
        self._reader_of = reader_of
        self._as_written = as_written
        self._open = open_
        self._aliases: Mapping[str, str] = getattr(type_, "ALIASES", {})
        self._fields: dict[str, Field] = {}
        self._has_rules = hasattr(type_, "__post_init__")

    def _ready(self) -> dict[str, Field]:
        if not self._fields:  # not in __init__: a struct may contain itself
            infos = msgspec.structs.fields(self._type)
            for info in sorted(infos, key=lambda info: not info.required):
                self._fields[info.encode_name] = Field(info, self._reader_of(info.type))
        return self._fields

    def read(self, node: Node, problems: Problems) -> Any:
        """An instance of the struct."""
        fields = self._ready()
        if node.kind != "mapping":
            expected = self.expected
            if node.document is None:
                expected = f"{self._type.__name__} or its fields"
            problems.append(mismatch(node, expected, self._fix(node, fields)))
            return BAD
        before = len(problems)
        values: dict[str, Any] = {}
        written: dict[str, str] = {}
        guessed: set[str] = set()
        for key, child in node.value.items():
            field = fields.get(self._aliases.get(key, key))
            if field is None:
                if not self._open:
                    guessed.add(self._unknown(node, key, fields, problems))
            elif field.key in written:
                first = written[field.key]
                problems.append(
                    node.problem(
                        "FSM0110",
                        f"'{key}' and '{first}' are two names of the same key.",
                        key=key,
                        fix=f"Put all of it under '{field.key}'.",
                    )
                )
            else:
                written[field.key] = key
                values[field.name] = self._value(node, key, field, child, problems)
        # A misspelt key explains the missing one.
        self._report_missing(node, fields, {*written, *guessed}, problems)
        return self._build(node, values, problems) if len(problems) == before else BAD

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """What is known and can be read; a neutral value where a key is needed and has none."""
        found = self._parts(node, problems)
        if found is None or self._as_written or not self._has_rules:
            return found
        refused = self._refused(found)
        if not refused:
            return found
        problems += [_at(found, problem) for problem in refused]
        wrong = {_reached(found, problem.path)[0].path for problem in refused}
        if node.path in wrong:
            return None
        found = self._parts(found.with_unknown(wrong), [])
        return None if found is None or self._refused(found) else found

    def neutral(self, path: str) -> Any:
        """The keys that must be written."""
        fields = [field for field in self._ready().values() if field.required]
        found = {field.key: field.reader.neutral(join(path, field.key)) for field in fields}
        return BAD if any(value is BAD for value in found.values()) else found

    def _parts(self, node: Node, problems: Problems) -> Node | None:
        if node.kind != "mapping":
            return None
        fields = self._ready()
        written: dict[str, str] = {}
        found: dict[str, Node] = {}
        for key, child in node.value.items():
            field = fields.get(self._aliases.get(key, key))
            if field is None or field.key in written:
                continue
            written[field.key] = key
            part = self._part(field, child, problems)
            if part is not None:
                found[key] = part
        needed = [field for field in fields.values() if self._needs(field)]
        for field in needed:
            key = written.get(field.key, field.key)
            if key not in found:
                part = neutral_node(field.reader, join(node.path, key))
                if part is None:
                    return None
                found[key] = part
        return node.of(found)

    def _part(self, field: Field, child: Node, problems: Problems) -> Node | None:
        # The rules of a struct name the entries of its lists by number, and would misjudge one of
        # which only a part is left.
        if self._has_rules and isinstance(field.reader, OneByOne):
            return field.reader.valid_entries(child)
        return field.reader.valid_part(child, problems)

    def _needs(self, field: Field) -> bool:
        return field.required

    def _refused(self, node: Node) -> list[Diagnostic]:
        """What its own rules say of an instance of which all parts are valid."""
        fields = self._ready()
        values = {}
        for key, child in node.value.items():
            field = fields[self._aliases.get(key, key)]
            values[field.name] = field.reader.read(child, [])
        try:
            self._type(**values)
        except BROKEN_RULE as error:
            return _diagnostics_of(error)
        return []

    def _report_missing(
        self, node: Node, fields: Mapping[str, Field], named: set[str], problems: Problems
    ) -> None:
        needed = [f for f in fields.values() if f.required and f.key not in named]
        problems += [missing(node, field, self._type.__name__) for field in needed]

    def _value(self, node: Node, key: str, field: Field, child: Node, problems: Problems) -> Any:
        if child.decoded is not None:
            return self._kept(field.reader, child, child.decoded, problems)
        empty = child.kind == "scalar" and child.value is None
        if not empty or "null" in field.reader.kinds or child.rendered:
            before = len(problems)
            value = field.reader.read(child, problems)
            if value is BAD:
                problems[before:] = [self._share(field, child, one) for one in problems[before:]]
            return value
        fix = _after(key, field.reader)
        if text := lost_text(child):
            what = {"#": "a comment", "&": "an anchor"}[text[0]]
            fix = f'Put it in quotes, since {text[0]} begins {what}: {key}: "{text}"'
        if not field.required:
            fix += f", or remove the key{instead_of_default(field.default)}"
        message = f"'{key}' has no value, expected {field.reader.expected}."
        problems.append(child.problem("FSM0122", message, fix=f"{fix}.", at_key=True))
        return BAD

    def _share(self, field: Field, child: Node, problem: Diagnostic) -> Diagnostic:
        """`deadband: 5%`, where a `deadband_percent` is what counts in percent."""
        text = child.value.strip() if isinstance(child.value, str) else ""
        other = f"{field.key}_percent"
        if other not in self._ready() or re.fullmatch(r"[0-9]+(\.[0-9]+)? ?%", text) is None:
            return problem
        fix = f"Write `{other}: {text[:-1].strip()}` in place of `{field.key}`."
        return msgspec.structs.replace(problem, fix=fix)

    def _kept(
        self, reader: Reader, child: Node, kept: dict[object, Any], problems: Problems
    ) -> Any:
        if (value := kept.get(reader, BAD)) is BAD:
            value = reader.read(child, problems)
            if value is not BAD:
                kept[reader] = value
        return value

    def _unknown(
        self, node: Node, key: str, fields: Mapping[str, Field], problems: Problems
    ) -> str:
        """Report an unknown key; the key that was probably meant, or ''."""
        known = fields.keys() - getattr(self._type, "NOT_WRITTEN", ())
        straight = without_quotes(straightened(key))
        meant = meant_key(self._type, key)
        there = {self._aliases.get(one, one) for one in node.value}
        if meant in known and meant in there:
            fix = f"'{meant}', which it seems to mean, is there already: put both together there."
        elif meant in known:
            fix = f"Did you mean '{meant}'? Known: {', '.join(sorted(known))}."
        elif straight in known:
            fix = f"Write '{straight}': {why(lookalike(key))}."
        elif known_nowhere := self._without(key):
            fix = known_nowhere
        elif nearest(key, known) is None and (place := self.place_of(key)):
            fix = f"Put it below `{place}`. Known here: {', '.join(sorted(known))}."
        else:
            fix = suggest(key, known) or "Remove it; no keys are known here."
        what = f"key {shown(key)}" if node.document is not None else f"field {shown(key)}"
        problems.append(
            node.problem(
                "FSM0120",
                f"there is no {what} {self._inside(node)}.",
                key=key,
                fix=fix,
            )
        )
        if meant in known:
            return meant
        if straight in known:
            return straight
        return "" if self._without(key) else nearest(key, known) or ""

    def _without(self, key: str) -> str:
        """What to do about a key that other programs have, and that has no counterpart here."""
        own: Mapping[str, str] = getattr(self._type, "WITHOUT_COUNTERPART", {})
        word = key.casefold().replace("-", "_")
        if word in own:
            return own[word]
        return "Write it as a comment, after a #." if word in _REMARKS else ""

    def place_of(self, key: str, depth: int = _DEEP) -> str:
        """Where below this a key belongs, `input.modbus`; '' if it is known nowhere below."""
        inner = [
            (name, fields)
            for name, field in self._ready().items()
            for fields in _structs_of(field.reader)
        ]
        for name, fields in inner:
            if key in fields._ready():
                return name
        for name, fields in inner if depth > 1 else ():
            if place := fields.place_of(key, depth - 1):
                return f"{name}.{place}"
        return ""

    def _inside(self, node: Node) -> str:
        if node.path:
            return f"in {shown_path(node.path)}"
        return "at the top level" if node.document is not None else f"in {self._type.__name__}"

    def needed(self) -> list[str]:
        """The keys that must be written."""
        return [field.key for field in self._ready().values() if field.required]

    def _fix(self, node: Node, fields: Mapping[str, Field]) -> str:
        known = ", ".join(fields)
        if node.kind == "sequence":
            return f"{unlisted(node)} Known: {known}."
        if node.document is None:
            return f"Known: {known}."
        takes = [
            name
            for name, field in fields.items()
            if node.kind == "scalar"
            and not isinstance(node.value, str | bool | None)
            and field.reader.read(node, []) is not BAD
        ]
        if len(takes) == 1:
            return f"Write {{{takes[0]}: {node.text}}}. Known: {known}."
        key, _, value = str(node.value or "").partition(" ")
        if key in fields and value.strip() and value.isprintable():
            return f"Write a colon after '{key}': `{key}: {value.strip()[:60]}`. Known: {known}."
        return f"Write its keys in lines of their own below, indented. Known: {known}."

    def _build(self, node: Node, values: dict[str, Any], problems: Problems) -> Any:
        if self._as_written:
            return None
        try:
            return self._type(**values)
        except BROKEN_RULE as error:
            problems += [_at(node, problem) for problem in _diagnostics_of(error)]
            return BAD


def _structs_of(reader: Reader) -> list[Fields]:
    """The structs that stand below a key themselves, and not in a list or by a name."""
    if isinstance(reader, Fields):
        return [reader]
    if isinstance(reader, OrTemplate):
        return _structs_of(reader.inner)
    if isinstance(reader, Either):
        return [fields for option in reader.options for fields in _structs_of(option)]
    return []


def _diagnostics_of(error: Exception) -> list[Diagnostic]:
    """What the rules of a struct say of it; paths are inside the struct."""
    if isinstance(error, DocumentError):
        return list(error.diagnostics)
    if isinstance(error, UnfitError):
        return [
            Diagnostic(
                code=one.code,
                message=f"{one.message}." if one.fix else one.message,
                path=one.path,
                fix=one.fix,
            )
            for one in error.places
        ]
    if isinstance(error, FsmError):
        return [error.diagnostic()]
    text = str(error).rstrip(".")
    return [Diagnostic(code="FSM0126", message=f"{text}.")]


def _at(node: Node, problem: Diagnostic) -> Diagnostic:
    """A problem a struct found in itself: where its path leads, or as far as that is written."""
    place, rest = _reached(node, problem.path)
    at_key = bool(rest) or place is node
    found = place.problem(problem.code, problem.message, fix=problem.fix, at_key=at_key)
    if not rest:
        return found
    path = place.path
    for step in rest:
        path = join(path, str(step))
    return msgspec.structs.replace(found, path=path)


def _reached(node: Node, path: str) -> tuple[Node, list[str | int]]:
    """The last node on the way to `path` below `node`, and the steps that lead on from there."""
    try:
        rest = list(parse_path(path))
    except ValueError:
        rest = [path]
    place = node
    while rest and (below := place.get(rest[0])) is not None:
        place = below
        del rest[0]
    return place, rest


def neutral_node(reader: Reader, path: str) -> Node | None:
    """A node of its neutral value; None if there is none that it takes."""
    value = reader.neutral(path)
    if value is BAD:
        return None
    node = Node.from_data(value, path)
    return None if reader.read(node, []) is BAD else node


def missing(node: Node, field: Field, whole: str = "") -> Diagnostic:
    """The problem of a mapping without a key that it needs; `whole` is the name of its type."""
    expected = field.reader.expected
    if node.document is None:
        where = shown_path(node.path) if node.path else whole
        fix = f"Add '{field.key}', {expected}."
        return node.problem("FSM0121", f"{where} has no '{field.key}'.", fix=fix, key=field.key)
    where = shown_path(node.path) if node.path else "the document"
    needed = field.reader.needed() if isinstance(field.reader, Fields) else []
    if needed:
        word = " or " if isinstance(field.reader, Fields) and field.reader.one_of_them else " and "
        keys = word.join(f"`{key}:`" for key in needed)
        fix = f"Add `{field.key}:`, and below it, indented, {keys}."
    else:
        fix = f"Add `{field.key}:` with {expected}."
    return node.problem("FSM0121", f"{where} has no '{field.key}'.", fix=fix, at_key=True)


_REMARKS = frozenset(("description", "desc", "comment", "comments", "note", "notes", "remark"))
"""Keys for a person to read."""


def _after(key: str, reader: Reader) -> str:
    """What to do about a key without a value, as a sentence without its end."""
    if isinstance(reader, OrTemplate):
        return _after(key, reader.inner)
    if isinstance(reader, Fields):
        needed = reader.needed() or list(reader._ready())
        return f"Write its keys in lines below it, indented, such as `{needed[0]}:`"
    if "sequence" in reader.kinds and "scalar" not in reader.kinds:
        return "Write its entries in lines below it, each after a `- `"
    return f"Write it after '{key}:'"
