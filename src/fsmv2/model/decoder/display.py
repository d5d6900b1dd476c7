"""Values and texts as messages show them: short, on one line, without control characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2.model.secrets.vault import holds_secret

_LONGEST = 40


def shown(text: str) -> str:
    """A text of the document in a message, in quotes; what a terminal would obey is escaped."""
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return f"'{text}'"


def shown_path(path: str) -> str:
    """A place of the document in a message; of a long one the end, which tells more."""
    if len(path) <= _LONGEST:
        return shown(path)
    tail = path[1 - _LONGEST :]
    return shown("…" + tail[max(0, tail.find(".")) :])


def describe(value: Any) -> str:
    """A value as the object of 'got …'."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if holds_secret(value):
            return "a secret"
        return f"the text {shown(value)}" if value else "an empty text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "keys and values"
    if isinstance(value, int | float):
        return f"the number {value}"
    return f"an object of the class {type(value).__name__}"
