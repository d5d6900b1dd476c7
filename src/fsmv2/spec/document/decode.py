"""From nodes to typed structs, every problem at once, each with its place.

msgspec's own decoder is faster and stops at the first problem; a person who mends a document wants
all of them.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from fsmv2.errors import Diagnostic, FsmError, Mark, suggest
from fsmv2.spec.document.node import Node
from fsmv2.spec.document.typed import Mismatch, describe, expected, is_union, scalar, split

T = TypeVar("T")
BAD: Any = object()


def decode(node: Node, type_: type[T]) -> tuple[T | None, list[Diagnostic]]:
    """`node` as a value of `type_`, and what is wrong with it, in order of place.

    The value is None when anything is wrong. A struct may name other spellings of its keys in
    `ALIASES: ClassVar[dict[str, str]]`.
    """
    problems: list[Diagnostic] = []
    value = _decode(node, type_, problems)
    if problems or value is BAD:
        return None, sorted(problems, key=lambda d: d.mark or Mark("", 0, 0))
    return typing.cast("T", value), []


def _decode(node: Node, type_: Any, problems: list[Diagnostic]) -> Any:
    bare, _ = split(type_)
    if bare is Any:
        return node.to_data()
    if is_union(bare):
        return _union(node, type_, problems)
    origin = typing.get_origin(bare) or bare
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        if _is(node, "mapping", type_, problems):
            return _struct(node, origin, problems)
        return BAD
    if origin in (dict, Mapping):
        if not _is(node, "mapping", type_, problems):
            return BAD
        item = (typing.get_args(bare) or (str, Any))[1]
        found = {key: _decode(child, item, problems) for key, child in node.value.items()}
        return BAD if BAD in found.values() else found
    if origin in (list, tuple, Sequence):
        if not _is(node, "sequence", type_, problems):
            return BAD
        item = (typing.get_args(bare) or (Any,))[0]
        values = [_decode(child, item, problems) for child in node.value]
        if any(value is BAD for value in values):
            return BAD
        return values if origin is list else tuple(values)
    try:
        data = node.value if node.kind == "scalar" else node.to_data()
        return scalar(data, type_, node.text)
    except Mismatch as mismatch:
        problems.append(node.problem(mismatch.code, mismatch.message, fix=mismatch.fix))
        return BAD


def _is(node: Node, kind: str, type_: Any, problems: list[Diagnostic]) -> bool:
    if node.kind == kind:
        return True
    data = node.value if node.kind == "scalar" else node.to_data()
    message = f"expected {expected(type_)}, got {describe(data)}."
    fix = "Put `- ` before each entry." if kind == "sequence" else ""
    problems.append(node.problem("FSM0122", message, fix=fix))
    return False


def _union(node: Node, type_: Any, problems: list[Diagnostic]) -> Any:
    bare, notes = split(type_)
    options = typing.get_args(bare)
    if node.kind == "scalar" and node.value is None and type(None) in options:
        return None
    candidates = [option for option in options if option is not type(None)]
    tries: list[list[Diagnostic]] = []
    for option in candidates:
        tried: list[Diagnostic] = []
        annotated = typing.Annotated[(option, *notes)] if notes else option
        value = _decode(node, annotated, tried)
        if value is not BAD and not tried:
            return value
        tries.append(tried)
    if len(tries) == 1:
        problems.extend(tries[0])
    else:
        data = node.value if node.kind == "scalar" else node.to_data()
        problems.append(
            node.problem("FSM0122", f"expected {expected(type_)}, got {describe(data)}.")
        )
    return BAD


@functools.cache
def _fields(type_: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    """(key in the document, attribute, type, required) of each field."""
    hints = typing.get_type_hints(type_, include_extras=True)
    return tuple(
        (field.encode_name, field.name, hints[field.name], field.required)
        for field in msgspec.structs.fields(type_)
    )


def _struct(node: Node, type_: type[msgspec.Struct], problems: list[Diagnostic]) -> Any:
    fields = _fields(type_)
    aliases: Mapping[str, str] = getattr(type_, "ALIASES", {})
    known = {key: (name, hint) for key, name, hint, _ in fields}
    found: dict[str, Any] = {}
    before = len(problems)
    for written, child in node.value.items():
        key = aliases.get(written, written)
        if key not in known:
            problems.append(
                node.problem(
                    "FSM0120",
                    f"there is no key '{written}' here.",
                    key=written,
                    fix=suggest(written, known),
                )
            )
            continue
        name, hint = known[key]
        if name in found:
            problems.append(
                node.problem("FSM0110", f"'{written}' and '{key}' are the same key.", key=written)
            )
            continue
        found[name] = _decode(child, hint, problems)
    for key, name, hint, required in fields:
        if required and name not in found:
            where = f"'{node.path}'" if node.path else "the document"
            problems.append(
                node.problem(
                    "FSM0121",
                    f"{where} has no '{key}'.",
                    fix=f"Add `{key}:` with {expected(hint)}.",
                )
            )
    if len(problems) > before or any(value is BAD for value in found.values()):
        return BAD
    try:
        return type_(**found)
    except (FsmError, ValueError, TypeError) as error:
        text = error.message if isinstance(error, FsmError) else str(error)
        fix = error.fix if isinstance(error, FsmError) else ""
        problems.append(node.problem("FSM0126", text, fix=fix))
        return BAD
