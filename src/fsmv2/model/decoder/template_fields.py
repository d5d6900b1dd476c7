"""Fields that may hold a template: kept as text until it is rendered."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

T = TypeVar("T")


class _TemplatedMarker:
    def __repr__(self) -> str:
        return "templated"


TEMPLATED = _TemplatedMarker()
Templated = Annotated[T, TEMPLATED]
"""A value of T, or text with a template in it, which stays text until it is rendered.

To a type checker it is T: the same struct types the section as written and as rendered, and only
the rendered one is read field by field.
"""


class _AsWrittenMarker:
    def __repr__(self) -> str:
        return "as written"


AS_WRITTEN = _AsWrittenMarker()
AsWritten = Annotated[T, AS_WRITTEN]
"""A section of templates: each key is checked, and the value is None, as a T is made of it only
when it was rendered."""

_OTHER_SYNTAX = re.compile(
    r"\$\{\{?\s*\.?([\w.]+)\s*\}?\}|\$(\w+)|\{\s*\.?(\w+)\s*\}|<(\w+)>|%(\w+)%"
)


def is_template(text: str) -> bool:
    """Whether a text is to be rendered."""
    return "{{" in text or "{%" in text


def meant_variable(text: str) -> str | None:
    """The variable in `$PORT`, `${PORT}`, `{PORT}`, `<PORT>` or `%PORT%`, how others write it."""
    found = _OTHER_SYNTAX.fullmatch(text.strip())
    return next((name for name in found.groups() if name), None) if found else None
