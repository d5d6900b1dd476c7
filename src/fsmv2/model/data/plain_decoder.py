"""From plain data to a typed spec, with every problem found, not only the first.

msgspec decodes fast and stops at the first error. So it is tried first; only when it fails the
data is walked field by field to collect what is wrong. Called by document loading, by authors
who read specs from elsewhere, and by serialise.py.

Documents have a decoder of their own, `document.decode`: it reads nodes that know their line
and column, templates and durations, and takes only types a document can express. Here every type
msgspec knows is taken, at its speed, and a place is a path.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import Diagnostic, DocumentError, FsmError, SpecError, said, suggest
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.location import normalise_location
from fsmv2.model.specs import UserSpec

_S = TypeVar("_S", bound=msgspec.Struct)
_AT = re.compile(r" - at `\$(?P<inner>[^`]*)`$")


def decode_spec(data: Any, spec_type: type[_S], path: str = "") -> _S:
    """`data`, a plain mapping, as a `spec_type` (a UserSpec, or any Struct within one).

    Strict: no value is coerced, unknown fields are refused. `location` takes every form that
    `normalise_location` does. Raises DocumentError (a SpecError) with one diagnostic for each
    problem; its `path` is the place below `path` (`read.port`, `registers[0].name`), and its
    `fix` has the nearest and all known names.
    """
    problems: list[Diagnostic] = []
    if issubclass(spec_type, UserSpec) and isinstance(data, Mapping):
        data = _prepared(data, path, problems)
    if not problems:
        try:
            spec: _S = convert(data, spec_type)
            if isinstance(spec, UserSpec) and spec.location:
                # msgspec copies mappings; the shared canonical one is what the tree knows.
                msgspec.structs.force_setattr(spec, "location", data["location"])
            return spec
        except (msgspec.ValidationError, FsmError) as error:
            found = error
    _check(data, spec_type, path, problems)
    if not problems:  # the parts are right, so the whole is wrong: the type's own __post_init__
        problems.append(_problem(found, path))
    raise DocumentError(problems)


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
            f"The rule of the type itself raised {said(error)}.",
            fix="Let its __post_init__ raise ValueError for what it refuses.",
        ) from error


def _prepared(data: Mapping[str, Any], path: str, problems: list[Diagnostic]) -> dict[str, Any]:
    ready = dict(data)
    if "location" in ready:
        try:
            ready["location"] = normalise_location(ready["location"], path=_inner(path, "location"))
        except FsmError as error:
            problems.append(error.diagnostic())
            del ready["location"]
    variables = ready.get("variables")
    if isinstance(variables, Mapping) and "internal" in variables:
        place = _inner(path, "variables.internal")
        problems.append(
            Diagnostic(
                code=SpecError.code,
                message="Internal variables are the engine's and cannot be given.",
                path=place,
                fix="Leave them out.",
            )
        )
        ready["variables"] = {k: v for k, v in variables.items() if k != "internal"}
    return ready


def _check(data: Any, expected: Any, path: str, problems: list[Diagnostic]) -> None:
    """Append what is wrong with `data` as an `expected`."""
    struct = _struct_of(expected)
    if struct is not None and isinstance(data, Mapping):
        _check_struct(data, struct, path, problems)
        return
    inner = _items_of(data, expected)
    if inner is not None:
        for place, item, item_type in inner:
            _check(item, item_type, path + place, problems)
        return
    try:
        convert(data, expected)
    except (msgspec.ValidationError, FsmError) as error:
        problems.append(_problem(error, path))


def _check_struct(
    data: Mapping[Any, Any], struct: type[msgspec.Struct], path: str, problems: list[Diagnostic]
) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    before = len(problems)
    for key in data:
        if key not in fields and struct.__struct_config__.forbid_unknown_fields:
            shown = [
                name for name in fields if not (struct is VariableBundle and name == "internal")
            ]
            problems.append(
                Diagnostic(
                    code=SpecError.code,
                    message=f"Unknown field '{key}'.",
                    path=_inner(path, str(key)),
                    fix=suggest(str(key), shown),
                )
            )
    for name, field in fields.items():
        if name in data:
            _check(data[name], field.type, _inner(path, name), problems)
        elif field.required:
            problems.append(
                Diagnostic(
                    code=SpecError.code,
                    message=f"The field '{name}' is missing; expected {_shown(field.type)}.",
                    path=_inner(path, name),
                    fix=f"Add '{name}'.",
                )
            )
    if len(problems) == before:
        try:  # each field is right by itself: what remains is the struct's own rule
            convert(data, struct)
        except (msgspec.ValidationError, FsmError) as error:
            problems.append(_problem(error, path))


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


def _problem(error: Exception, path: str) -> Diagnostic:
    if isinstance(error, FsmError):
        found = error.diagnostic()
        return msgspec.structs.replace(found, path=_inner(path, found.path))
    message = str(error)
    match = _AT.search(message)
    if match:
        path += match["inner"] if path else match["inner"].lstrip(".")
        message = message[: match.start()]
    return Diagnostic(code=SpecError.code, message=f"{message}.", path=path)


def _inner(path: str, inner: str) -> str:
    return f"{path}.{inner}" if path and inner else path or inner


def _shown(expected: Any) -> str:
    bare = _bare(expected)
    return bare.__name__ if isinstance(bare, type) else str(bare)
