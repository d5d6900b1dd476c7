"""The limits that bound rendering without a clock, and the measuring of values against them.

A template is a document author's text: it may be wrong or hostile, and it is rendered on the loop
that supervises the plant. So its source, its syntax tree, the steps it takes and what it builds
are all bounded, and the bounds hold before memory is taken, not after. Called by the other
template files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.errors import TemplateError, said

MAX_SOURCE = 65_536  # characters of one template
MAX_NODES = 2_000  # nodes of its syntax tree
MAX_DEPTH = 60  # nesting of its syntax tree, of values it builds, of the structure around it
MAX_STEPS = 100_000  # iterations × nodes of the loop's body, and items that filters touch
MAX_TEXT = 262_144  # characters of one text, in between and as a result
MAX_ITEMS = 10_000  # items of what a template builds, counted through all its containers
MAX_TOTAL = 8_388_608  # characters all scalars of one structure render to
MAX_RANGE = 10_000  # items of range()
MAX_BITS = 256  # size of an integer that arithmetic may give

CLOSE_FIX = (
    "Check that each '{{' ends with '}}', as in '{{ .NAME }}'; what is to stay as it is goes into "
    "{% raw %}…{% endraw %}."
)
RAW_FIX = "To write '{{' or '{%' literally, put it in {% raw %}…{% endraw %}."


def too_much(what: str, limit: int, unit: str) -> TemplateError:
    """The error for a broken limit."""
    return TemplateError(
        f"{what} is over the limit of {limit:,} {unit}.",
        fix="Templates fill in values; move what computes into the worker.",
    )


def check_text(length: int) -> None:
    """Raise TemplateError when a text of this length may not be made."""
    if length > MAX_TEXT:
        raise too_much("A text the template builds", MAX_TEXT, "characters")


def check_value(value: Any) -> int:
    """Raise TemplateError when `value`, spelt out as text, would be too large or too deep.

    Shared containers count as often as they appear, as they do in the text. Returns the number
    of items, which is also what looking at them cost.
    """
    seen = [0, 0]
    _weigh(value, 0, seen)
    return seen[0]


def _weigh(value: Any, depth: int, seen: list[int]) -> None:
    seen[0] += 1
    if seen[0] > MAX_ITEMS:
        raise too_much("A value the template builds", MAX_ITEMS, "items")
    if depth > MAX_DEPTH:
        raise too_much("The nesting of a value", MAX_DEPTH, "levels")
    if isinstance(value, str | bytes):
        seen[1] += len(value)
        check_text(seen[1])
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _weigh(key, depth + 1, seen)
            _weigh(item, depth + 1, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _weigh(item, depth + 1, seen)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _weigh(getattr(value, name), depth + 1, seen)


_SHORT = frozenset({int, float, bool, type(None)})  # exact types that make no long text


def text_of(value: Any) -> str:
    """The text of one value inside mixed text; raises TemplateError when it is too large.

    Also when it has none: an author's `__str__` may raise, and Python writes no number of thousands
    of digits.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # a str, tested above
    if kind not in _SHORT:
        check_value(value)
    try:
        return str(value)
    except TemplateError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever an author's __str__ raises)
        raise TemplateError(
            f"A value cannot be written as text: {said(error)}.",
            fix="Use text, numbers, lists and mappings as variables.",
        ) from None


def check_number(value: Any) -> Any:
    """`value`, unless it is an integer too large to go on with."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise too_much("An integer", MAX_BITS, "bits")
    return value
