"""What is wrong with plain data as a typed struct: every problem, each with its place.

msgspec decodes fast and stops at the first error. So it is tried first by the callers of this
file, `plain_decoder` and the constructor of specs; only when it fails the data is walked here,
field by field.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import FsmError, SpecError, error_text
from fsmv2.model.bundle import VariableBundle
from fsmv2.name_suggestions import suggest

_AT = re.compile(r" - at `\$(?P<inner>[^`]*)`$")


def convert(data: Any, kind: Any) -> Any:
    """`msgspec.convert`; SpecError also for what it cannot even look at."""
    try:
        return msgspec.convert(data, kind)
    except UnicodeEncodeError:
        raise SpecError(
            "A text holds half of a surrogate pair, which is no character.",
            fix="Read it as UTF-8, with errors='replace' if it may be anything.",
        ) from None
    except RecursionError:
        raise SpecError(
            "The data is nested too deeply, or holds itself.", fix="Use plain nested data."
        ) from None
    except (msgspec.ValidationError, FsmError, TypeError):
        raise
    except ANY_RAISED as error:  # an author's `__post_init__`
        raise SpecError(
            f"The rule of the type itself raised {error_text(error)}.",
            fix="Let its __post_init__ raise ValueError for what it refuses.",
        ) from error


def check_value(data: Any, expected: Any, path: str, problems: list[Diagnostic]) -> None:
    """Append what is wrong with `data` as an `expected`; nothing if it is one already."""
    struct = _struct_of(expected)
    if struct is not None and isinstance(data, struct):
        return  # also one of a subclass, which msgspec refuses
    if struct is not None and isinstance(data, Mapping):
        check_struct(data, struct, path, problems)
        return
    inner = _items_of(data, expected)
    if inner is not None:
        for place, item, item_type in inner:
            check_value(item, item_type, path + place, problems)
        return
    try:
        convert(data, expected)
    except (msgspec.ValidationError, FsmError) as error:
        problems.append(problem_of(error, path))


def check_struct(
    data: Mapping[Any, Any], struct: type[msgspec.Struct], path: str, problems: list[Diagnostic]
) -> None:
    """Append what is wrong with `data`, fields by their encoded names, as a `struct`."""
    before = len(problems)
    check_fields(data, struct, path, problems)
    if len(problems) == before:
        try:  # each field is right by itself: what remains is the struct's own rule
            convert(data, struct)
        except (msgspec.ValidationError, FsmError) as error:
            problems.append(problem_of(error, path))


def check_fields(
    data: Mapping[Any, Any], struct: type[msgspec.Struct], path: str, problems: list[Diagnostic]
) -> None:
    """Append what is wrong with each field of `data`; the struct's own rule is not asked."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    check_names(data, struct, fields, path, problems)
    for name, field in fields.items():
        if name in data:
            check_value(data[name], field.type, inner_path(path, name), problems)
        elif field.required:
            problems.append(
                Diagnostic(
                    code=SpecError.code,
                    message=f"The field '{name}' is missing; expected {_shown(field.type)}.",
                    path=inner_path(path, name),
                    fix=f"Add '{name}'.",
                )
            )


def check_names(
    data: Mapping[Any, Any],
    struct: type[msgspec.Struct],
    known: Collection[str],
    path: str,
    problems: list[Diagnostic],
) -> None:
    """Append the names in `data` that are not among those known, if `struct` forbids such."""
    shown = [name for name in known if not (struct is VariableBundle and name == "internal")]
    for key in data:
        if key not in known and struct.__struct_config__.forbid_unknown_fields:
            problems.append(
                Diagnostic(
                    code=SpecError.code,
                    message=f"Unknown field '{key}'.",
                    path=inner_path(path, str(key)),
                    fix=suggest(str(key), shown),
                )
            )


def _struct_of(expected: Any) -> type[msgspec.Struct] | None:
    """The struct type in `expected`, seen through Annotated and Optional; None for all else."""
    expected = _bare(expected)
    if typing.get_origin(expected) in (typing.Union, types.UnionType):
        members = [a for a in typing.get_args(expected) if a is not type(None)]
        expected = _bare(members[0]) if len(members) == 1 else None
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        return expected
    return None


def _items_of(data: Any, expected: Any) -> list[tuple[str, Any, Any]] | None:
    """Place, item and item type of a container whose items can be checked one by one."""
    expected = _bare(expected)
    origin, args = typing.get_origin(expected), typing.get_args(expected)
    if isinstance(data, list | tuple) and args:
        if origin is list or (origin is tuple and len(args) == 2 and args[1] is Ellipsis):
            return [(f"[{i}]", item, args[0]) for i, item in enumerate(data)]
    elif isinstance(data, Mapping) and len(args) == 2 and origin in (dict, Mapping):
        return [(f".{key}", item, args[1]) for key, item in data.items() if type(key) is str]
    return None


def _bare(expected: Any) -> Any:
    while typing.get_origin(expected) is typing.Annotated:
        expected = typing.get_args(expected)[0]
    return expected


def problem_of(error: Exception, path: str) -> Diagnostic:
    """An error of msgspec or ours as a problem below `path`."""
    if isinstance(error, FsmError):
        found = error.diagnostic()
        return msgspec.structs.replace(found, path=inner_path(path, found.path))
    message = str(error)
    match = _AT.search(message)
    if match:
        path += match["inner"] if path else match["inner"].lstrip(".")
        message = message[: match.start()]
    return Diagnostic(code=SpecError.code, message=f"{message}.", path=path)


def inner_path(path: str, inner: str) -> str:
    """The place `inner` below `path`; either may be empty."""
    return f"{path}.{inner}" if path and inner else path or inner


def _shown(expected: Any) -> str:
    bare = _bare(expected)
    return bare.__name__ if isinstance(bare, type) else str(bare)
