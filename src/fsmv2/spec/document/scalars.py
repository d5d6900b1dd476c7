"""What a plain scalar means: YAML 1.2's few rules, not YAML 1.1's many surprises.

`no`, `on` and `12:30:00` are text; a number with a leading zero is refused, because one reader
takes it for octal and another does not.
"""

from __future__ import annotations

import re
from typing import Any

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
BASED = re.compile(r"0x[0-9a-fA-F]+\Z|0o[0-7]+\Z")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
LONGEST_INTEGER = 100
"""Digits; nobody means more, and reading thousands of them takes Python very long."""

CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".inf": float("inf"),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}


class AmbiguousError(ValueError):
    """A plain scalar that readers understand differently; the message proposes what to write."""


def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar; AmbiguousError when it must be written otherwise."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    first = text[0]
    if first not in "-+.0123456789":
        return text
    if len(text) > LONGEST_INTEGER and INTEGER.match(text):
        raise AmbiguousError(f"A number of {len(text)} digits is longer than any device knows.")
    if LEADING_ZERO.match(text):
        number = text.lstrip("+-").lstrip("0") or "0"
        raise AmbiguousError(f"Write {number} for the number, or '{text}' in quotes for the text.")
    if INTEGER.match(text):
        return int(text)
    if BASED.match(text):
        return int(text, 0)
    if FLOAT.match(text):
        return float(text)
    return text
