"""What a structure of templates is made of: its parts one by one, and a like one of new parts.

An object of a class that is not known here could hold templates that nobody sees, and would come
back unrendered; it is refused by name. Called by template.py.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import TemplateError, error_text

WHOLE = (
    *(str, bytes, int, float, complex, type(None)),
    *(datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo),
    *(decimal.Decimal, uuid.UUID, enum.Enum, msgspec.UnsetType),
)
"""What has no parts, and holds no template besides text."""


def parts_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Key and part, for each; None when it has no parts. Raises TemplateError for other objects."""
    if isinstance(value, WHOLE):
        return None
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    if isinstance(value, set | frozenset):
        return enumerate(sorted(value, key=repr))  # so that an error has the same place each time
    if isinstance(value, msgspec.Struct):
        return [(name, getattr(value, name)) for name in value.__struct_fields__]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in _given(value)]
    raise TemplateError(
        f"{_a(value)} cannot be part of a template: what in it is to be rendered is not known.",
        fix="Use text, numbers, dates, lists, tuples, sets, dicts, structs and data classes.",
    )


def rebuild(value: Any, parts: dict[Any, Any]) -> Any:
    """One like `value` of other parts; raises TemplateError where its class refuses them."""
    kind = type(value)
    try:
        if isinstance(value, Mapping):
            return parts
        if isinstance(value, list | tuple):
            # A named tuple takes its items one by one.
            return kind(*parts.values()) if hasattr(value, "_fields") else kind(parts.values())
        if isinstance(value, set | frozenset):
            return kind(parts.values())
        if isinstance(value, msgspec.Struct):
            return kind(**parts)
        return dataclasses.replace(value, **parts)
    except TemplateError:
        raise
    except ANY_RAISED as error:
        raise TemplateError(
            f"{_a(value)} cannot be made of what was rendered: {error_text(error)}.",
            fix="Check the values of the variables, or render the fields one by one.",
        ) from error


def _given(value: Any) -> list[dataclasses.Field[Any]]:
    """The fields that its class is called with; it makes the others of these."""
    return [field for field in dataclasses.fields(value) if field.init]


def _a(value: Any) -> str:
    kind = type(value)
    return f"An object of the class {kind.__module__}.{kind.__qualname__}"
