"""The limits that bound rendering without a clock, and the measuring of values against them.

A template is a document author's text: it may be wrong or hostile, and it is rendered on the loop
that supervises the plant. So its source, its syntax tree, the steps it takes and what it builds
are all bounded, and the bounds hold before memory is taken, not after. Called by the other
template files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import TemplateError, error_text

MAX_SOURCE = 65_536  # characters of one template
MAX_NODES = 500  # nodes of its syntax tree; compiling that many takes some 40 ms
MAX_DEPTH = 60  # nesting of its syntax tree, of values it builds, of the structure around it
MAX_STEPS = 100_000  # work of one structure's templates; a step is at most 0.25 µs (decision 0022)
MAX_TEXT = 262_144  # characters of one text, in between and as a result
MAX_ITEMS = 10_000  # items of what a template builds, counted through all its containers
MAX_TOTAL = 8_388_608  # characters all scalars of one structure render to
MAX_RANGE = 10_000  # items of range()
MAX_BITS = 256  # size of an integer that is calculated, or written as text

CLOSE_FIX = (
    "Check that each '{{' ends with '}}', as in '{{ .NAME }}'; what is to stay as it is goes into "
    "{% raw %}…{% endraw %}."
)
RAW_FIX = "To write '{{', '}}' or '{%' literally, put it in {% raw %}…{% endraw %}."
NESTED_STEPS = 6  # for each container in another, beyond those for its items
TEXT_STEP = 64  # characters that are read or copied in one step


class Work:
    """The steps that the templates of one structure have left."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def charge(self, steps: int) -> None:
        """Take steps from the budget; raises TemplateError when it is spent."""
        self.left -= steps
        if self.left < 0:
            raise too_much("What the template does", MAX_STEPS, "steps")


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
    of items.
    """
    seen = [0, 0, 0]
    _weigh(value, 0, seen)
    return seen[0]


def steps_of(value: Any) -> int:
    """What it takes to look at all of `value`; raises like `check_value`."""
    seen = [0, 0, 0]
    _weigh(value, 0, seen)
    return 2 * seen[0] + seen[1] // TEXT_STEP + NESTED_STEPS * max(0, seen[2] - 1)


_SHORT = frozenset({int, float, bool, type(None)})  # exact types that make no long text


def _weigh(value: Any, depth: int, seen: list[int]) -> None:
    if depth > MAX_DEPTH:
        raise too_much("The nesting of a value", MAX_DEPTH, "levels")
    _count(1, seen)
    if isinstance(value, int):
        check_number(value)
    elif isinstance(value, str | bytes):
        seen[1] += len(value)
        check_text(seen[1])
    elif isinstance(value, Mapping):
        _weigh_all([item for pair in value.items() for item in pair], depth, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        _weigh_all(value, depth, seen)
    elif isinstance(value, msgspec.Struct):
        _weigh_all([getattr(value, name) for name in value.__struct_fields__], depth, seen)


def _weigh_all(items: Collection[Any], depth: int, seen: list[int]) -> None:
    if items and depth >= MAX_DEPTH:
        raise too_much("The nesting of a value", MAX_DEPTH, "levels")
    seen[2] += 1
    held = [item for item in items if type(item) not in _SHORT or _is_long(item)]
    _count(len(items) - len(held), seen)  # most lists are long lists of numbers: not one by one
    for item in held:
        _weigh(item, depth + 1, seen)


def _is_long(value: Any) -> bool:
    """A number whose digits take long: they are found one by one, for each by all the others."""
    return isinstance(value, int) and value.bit_length() > MAX_BITS


def _count(items: int, seen: list[int]) -> None:
    seen[0] += items
    if seen[0] > MAX_ITEMS:
        raise too_much("A value the template builds", MAX_ITEMS, "items")


def text_of(value: Any) -> str:
    """The text of one value inside mixed text; raises TemplateError when it is too large.

    Also when it has none: an author's `__str__` may raise, and Python writes no number of thousands
    of digits.
    """
    kind = type(value)
    if isinstance(value, str):
        return value
    if kind not in _SHORT or _is_long(value):
        check_value(value)
    try:
        return str(value)
    except TemplateError:
        raise
    except ANY_RAISED as error:  # whatever an author's __str__ raises
        raise TemplateError(
            f"A value cannot be written as text: {error_text(error)}.",
            fix="Use text, numbers, lists and mappings as variables.",
        ) from None


def check_number(value: Any) -> Any:
    """`value`, unless it is an integer too large to go on with."""
    if _is_long(value):
        raise too_much("An integer", MAX_BITS, "bits")
    return value
