"""The bases authors derive their typed specs and observations from.

`UserSpec` is what should be configured, `ObservedState` is what was seen. Their metaclass makes
every subclass frozen and keyword-only without repetition: msgspec applies `kw_only` to the class
that says it only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from typing_extensions import dataclass_transform

from fsmv2.errors import DefinitionError
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.data.construction import (
    UNDECODABLE,
    Kind,
    copied_fields,
    make_or_refuse,
    put_back,
)
from fsmv2.model.data.frozen import EMPTY

_T = TypeVar("_T")


class _VolatileMarker:
    """Marks a field whose change alone wakes nobody."""

    def __repr__(self) -> str:
        return "volatile"


VOLATILE = _VolatileMarker()
Volatile = Annotated[_T, VOLATILE]
"""Marks a field of an observation that changes all the time: `age: Volatile[float] = 0.0`. A change
of it alone wakes nothing and is not stored; whoever looks sees it."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class DataMeta(msgspec.StructMeta):
    """Gives each subclass the base's rules and refuses to have them switched off."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any
    ) -> Any:
        """Make the class; raises DefinitionError for `frozen=False` and its like."""
        # The root of a family says what it forbids; every class below is held to it.
        configs = [base.__struct_config__ for base in bases if isinstance(base, DataMeta)]
        strict = any(config_.forbid_unknown_fields for config_ in configs)
        for option in ("kw_only", "frozen") + (("forbid_unknown_fields",) if strict else ()):
            if config.setdefault(option, True) is not True:
                raise DefinitionError(
                    f"{name} sets {option}={config[option]}; specs and observations are always "
                    f"{option}=True.",
                    fix=f"Leave {option} out.",
                )
        return super().__new__(mcls, name, bases, namespace, **config)

    if not TYPE_CHECKING:  # a type checker knows better what a class takes

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            """Make one in Python; SpecError for unknown names, and of a spec for wrong types."""
            try:
                copied = _COPIED[cls]
            except KeyError:
                copied = _COPIED[cls] = copied_fields(cls)
            if args:
                return make_or_refuse(cls, args, kwargs)
            try:
                made = _make(cls, **kwargs) if copied is None else msgspec.convert(kwargs, cls)
            except UNDECODABLE:
                made = None  # refused below, so that no traceback of msgspec is shown first
            if made is None:
                return make_or_refuse(cls, args, kwargs)
            for name, kind in copied or ():
                if name in kwargs:
                    put_back(made, name, kind, kwargs[name])
            return made


_make = msgspec.StructMeta.__call__
_COPIED: dict[type, tuple[tuple[str, Kind], ...] | None] = {}


class UserSpec(
    msgspec.Struct,
    metaclass=DataMeta,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
):
    """Base of the typed, frozen configuration of one worker: strict fields, loose variables.

    `variables` are the worker's declared (later: effective) variables; `location` is a partial,
    normalised location (level name → name, see `normalise_location`) laid over the parent's.
    Subclasses add fields: `class LampSpec(UserSpec): pin: int`.
    """

    variables: VariableBundle = VariableBundle()
    location: Mapping[str, str] = EMPTY


class ObservedState(msgspec.Struct, metaclass=DataMeta, frozen=True, kw_only=True, gc=False):
    """Base of what a worker type observes. Mark what changes all the time `Volatile[...]`."""


def same_observation(a: ObservedState, b: ObservedState) -> bool:
    """Whether `b` says the same as `a`, fields marked volatile aside.

    Another type is another observation. NaN counts as equal to NaN, so that a sensor without a
    value does not wake the tree at each reading.
    """
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    read = _PLANS.get(kind) or _plan(kind)
    seen, now = read(a), read(b)
    return seen == now or _nan_same(seen, now)


_PLANS: dict[type, attrgetter[Any]] = {}


def stable_fields(kind: type[ObservedState]) -> tuple[str, ...]:
    """The names of the fields of `kind` that are not volatile, in order."""
    volatile = _volatile_names(kind)
    return tuple(n for n in kind.__struct_fields__ if n not in volatile)


def _plan(kind: type[ObservedState]) -> attrgetter[Any]:
    # Two names make attrgetter return a tuple; __class__ is equal for both by then.
    plan = attrgetter("__class__", "__class__", *stable_fields(kind))
    _PLANS[kind] = plan
    return plan


def _nan_same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return all(
        x is y or x == y or (type(x) is float is type(y) and x != x and y != y)
        for x, y in zip(a, b, strict=True)
    )


def _volatile_names(kind: type) -> set[str]:
    names: set[str] = set()
    for base in reversed(kind.__mro__):
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if _is_volatile(annotation, base):
                names.add(name)
            else:
                names.discard(name)
    return names


def _is_volatile(annotation: Any, owner: type) -> bool:
    if isinstance(annotation, str):
        text = annotation
        try:
            # The annotation is the author's own source, as typing.get_type_hints evaluates it;
            # one by one, because a class inside a function may name what cannot be resolved.
            annotation = eval(text, vars(sys.modules[owner.__module__]), dict(vars(owner)))  # noqa: S307
        except NameError:
            return "Volatile[" in text
    return VOLATILE in getattr(annotation, "__metadata__", ())
