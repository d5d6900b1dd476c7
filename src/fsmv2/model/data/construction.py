"""Specs that are made in Python are checked as those in a document: types, and unknown names.

msgspec checks types when it decodes, and not when a Struct is made. So a spec is *decoded* from its
keyword arguments: one pass in C, which takes a quarter of what a comparison of types in Python
would. A check where a spec enters, in `ChildSpec` say, would cost the same and name a line that is
not at fault.

Decoding copies containers. Those of a spec must stay the same objects, as that is what makes its
comparison cheap; so what is equal is put back as it was given. Structs within a spec are taken as
they are: what they hold was for their own type to check.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import FsmError, SpecError
from fsmv2.model.decoder.plain_data import problems_of_fields
from fsmv2.name_suggestions import suggest

Kind: TypeAlias = type[Any] | None
"""What a value must be to be put back: of this class; of any, if that of its field is abstract
(None); `object`: whatever it is, as nothing is known of it."""

BUILTIN = (tuple, list, dict, set, frozenset)

UNDECODABLE = (
    *(msgspec.ValidationError, TypeError, NameError),
    *(UnicodeEncodeError, RecursionError),
)
"""What msgspec raises for a wrong value, and for a type or a text that it cannot look at."""


def copied_fields(cls: type[msgspec.Struct]) -> tuple[tuple[str, Kind], ...] | None:
    """The fields whose values decoding copies; None if the class cannot be decoded from Python.

    That is so if its fields have other names in documents, if it allows unknown ones, or if
    msgspec cannot look at a type, such as one of a local name.
    """
    if cls.__struct_fields__ != cls.__struct_encode_fields__:
        return None
    if not cls.__struct_config__.forbid_unknown_fields:
        return None
    try:
        fields = msgspec.structs.fields(cls)
        msgspec.json.Decoder(cls)
    except (TypeError, NameError):
        return None
    kinds = ((field.name, _kind_of(field.type)) for field in fields)
    return tuple((name, found[0]) for name, found in kinds if found)


def _kind_of(given: Any) -> tuple[Kind, ...]:
    """What a value of this type must be to be put back; nothing if it is not copied."""
    while typing.get_origin(given) is typing.Annotated:
        given = typing.get_args(given)[0]
    origin = typing.get_origin(given) or given
    if origin in (typing.Union, types.UnionType):
        kinds = [kind for member in typing.get_args(given) for kind in _kind_of(member)]
        if len(kinds) > 1:
            return (object,) if object in kinds else (None,)
        return tuple(kinds)
    if origin in BUILTIN:
        return (origin,)
    if origin in (Any, object) or isinstance(origin, typing.TypeVar):
        return (object,)
    abstract = isinstance(origin, type) and origin.__module__ == "collections.abc"
    return (None,) if abstract and issubclass(origin, Collection) else ()


def put_back(made: msgspec.Struct, name: str, kind: Kind, given: Any) -> None:
    """Have `made` hold what was `given` for a field, unless decoding made something else of it."""
    copy = getattr(made, name)
    if copy is given:
        return
    if kind is None:
        same = given == copy or (isinstance(given, tuple) and list(given) == copy)
    else:
        same = kind is object or (isinstance(given, kind) and given == copy)
    if same:
        msgspec.structs.force_setattr(made, name, given)


def make_or_refuse(cls: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Make it as msgspec does; SpecError with every problem if there are any."""
    problems = _unfit(cls, args, kwargs)
    if not problems:
        return msgspec.StructMeta.__call__(cls, **kwargs)
    if len(problems) == 1:
        [one] = problems
        _let_it_say_so_itself(cls, kwargs)
        path = f"{cls.__name__}.{one.path}" if one.path else cls.__name__
        raise SpecError(one.message, path=path, fix=one.fix)
    said = [f"{one.path or 'fields'}: {one.message} {one.fix}".rstrip() for one in problems]
    raise SpecError(
        f"{len(said)} fields do not fit:" + "".join(f"\n  - {text}" for text in said),
        path=cls.__name__,
        problems=said,
    )


def _let_it_say_so_itself(cls: Any, kwargs: Mapping[str, Any]) -> None:
    """Raise what the rule of the type says of a wrong value, if it does: it knows the fix."""
    try:
        msgspec.StructMeta.__call__(cls, **kwargs)
    except FsmError:
        raise
    except ANY_RAISED:  # it expects what a check of types would have let through
        return


def _unfit(cls: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if args:
        found.append(
            Diagnostic(
                code=SpecError.code,
                message=f"{len(args)} of its fields have no name, expected all by name.",
                path="",
                fix=f"Known: {', '.join(sorted(cls.__struct_fields__))}.",
            )
        )
    if copied_fields(cls) is not None:
        found += problems_of_fields(kwargs, cls)
        return [_as_bundle(one) if one.path.startswith("variables.") else one for one in found]
    known = cls.__struct_fields__
    defaults = (msgspec.NODEFAULT,) * (len(known) - len(cls.__struct_defaults__))
    required = zip(known, defaults + cls.__struct_defaults__, strict=True)
    found += [
        Diagnostic(
            code=SpecError.code,
            message=f"there is no field '{name}' in {cls.__name__}.",
            path=name,
            fix=suggest(name, known),
        )
        for name in kwargs
        if name not in known
    ]
    found += [
        Diagnostic(
            code=SpecError.code,
            message=f"{cls.__name__} has no '{name}'.",
            path=name,
            fix=f"Add '{name}'.",
        )
        for name, default in required
        if default is msgspec.NODEFAULT and name not in kwargs
    ]
    return found


def _as_bundle(problem: Diagnostic) -> Diagnostic:
    fix = "Write variables=VariableBundle({'NAME': value})."
    return msgspec.structs.replace(problem, fix=fix)
