"""Values and texts as messages show them: short, on one line, without control characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST = 40


def shown(text: str) -> str:
    """A text of the document in a message, in quotes; what a terminal would obey is escaped."""
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return f"'{text}'"


def describe(value: Any) -> str:
    """A value as the object of 'got …'."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {shown(value)}" if value else "an empty text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "keys and values"
    return f"the number {value}"
