"""What a plain scalar means: YAML 1.2's few rules, not YAML 1.1's many surprises.

`no`, `on` and `12:30:00` are text; a number with a leading zero is refused, because one reader
takes it for octal and another does not.
"""

from __future__ import annotations

import math
import re
from typing import Any

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
BASED = re.compile(r"0x[0-9a-fA-F]+\Z|0o[0-7]+\Z")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
LONGEST_NUMBER = 100
"""Characters; nobody means more, and reading thousands of digits takes Python very long."""

CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
NOT_FINITE = {
    *(sign + text for sign in ("", "+", "-") for text in (".inf", ".Inf", ".INF")),
    *(".nan", ".NaN", ".NAN"),
}


# It is no error of the program: a diagnostic is made of it.
class Unclear(ValueError):  # noqa: N818
    """A plain scalar that must be written otherwise: its code, what is wrong, and the fix."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar; Unclear when it must be written otherwise."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text in NOT_FINITE:
        raise Unclear(
            "FSM0113",
            f"{text} is not finite, and JSON has no such number: it would be stored as null.",
            f'Leave the key out, or write a number; "{text}" in quotes if it is text.',
        )
    first = text[0]
    if first not in "-+.0123456789":
        return text
    if first != "0" and len(text) < 16 and text.isascii() and text.isdecimal():
        return int(text)  # what most are
    based = BASED.match(text)
    if not (based or FLOAT.match(text)):
        return text
    if len(text) > LONGEST_NUMBER:
        raise Unclear(
            "FSM0113",
            f"a number of {len(text):,} characters is longer than any device knows.",
            "Shorten it, or put it in quotes if it is text.",
        )
    if based:
        return int(text, 0)
    if LEADING_ZERO.match(text):
        digits = text.lstrip("+-").lstrip("0") or "0"
        number = ("-" if text[0] == "-" else "") + digits
        octal = f"the octal number {int(text, 8)}" if _is_octal(text) else "text"
        if octal.endswith(f" {number}"):
            octal = "text"
        raise Unclear(
            "FSM0112",
            f"{text} begins with a zero, so it can be read in two ways: as {number} or {octal}.",
            f'Write {number} for the number, or "{text}" in quotes for the text.',
        )
    if INTEGER.match(text):
        return int(text)
    number_ = float(text)
    if math.isinf(number_):
        raise Unclear(
            "FSM0113",
            f"{text} is too large: numbers go up to about 1.8e308.",
            "Write a smaller number, or put it in quotes if it is text.",
        )
    return number_


def _is_octal(text: str) -> bool:
    return not set(text) & {"8", "9"}
