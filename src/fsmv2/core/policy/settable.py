"""What an operator may give a variable as its value by hand: plain data, and no secret.

An override is stored, listed and logged as it is. A secret must not be: it is named in the document
and read by the running tree, so whoever wants another value of it changes it at its source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fsmv2.model.secrets.vault import digests, holds_secret

DEEPEST = 64
"""Levels of nesting, as in a document."""

SOURCES = frozenset({"env", "file"})


def unsettable(name: str, declared: Any, value: Any) -> str:
    """Why `value` cannot be set over what is declared, with the next step; empty when it can."""
    sources = sorted(digests(declared))
    if sources:
        return (
            f"'{name}' is a secret, which is not set by hand. Change it at its source: "
            f"{', '.join(sources)}."
        )
    wrong = _wrong(value, 1)
    return f"{name} {wrong}" if wrong else ""


def _wrong(value: Any, depth: int) -> str:
    """What is wrong with a value or a part of it; the one of a part is said of the whole."""
    if depth > DEEPEST:
        return f"cannot nest deeper than {DEEPEST} levels"
    if isinstance(value, Mapping):
        if value and value.keys() <= SOURCES | {"default"} and value.keys() & SOURCES:
            return (
                "cannot be made a secret by hand. Declare it in the document, as `env:` or `file:`."
            )
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        parts = [*value]
    else:
        return _wrong_scalar(value)
    return next((wrong for part in parts if (wrong := _wrong(part, depth + 1))), "")


def _wrong_scalar(value: Any) -> str:
    if isinstance(value, str):
        if holds_secret(value):
            return "would hold a secret, and it is stored as it is. Use it in the document."
        # Half a character: no text, and nothing can store it.
        return "" if value.isascii() or _encodes(value) else "is not valid text: it does not encode"
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**64 else "has too many digits: 64 bits are the most"
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"cannot be {value}"
    return f"cannot be a {type(value).__name__}: only texts, numbers, lists and maps are stored"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
