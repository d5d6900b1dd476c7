"""Comparisons in templates, each charged for the sizes it compares before it is made.

Python compares two texts of a megabyte, or two lists that share their parts a million times, in
one operation that nothing can interrupt. So the work is estimated first, from above, and taken
from the budget step by step: the estimate itself then cannot take long either. Called by
template_runtime.py for `==`, `<`, `in` and their like, and for the tests that do the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Protocol

import msgspec

from fsmv2.model.template.limits import MAX_DEPTH, TEXT_STEP, steps_of, too_much

_LONG_SEARCH = 2_500  # from here on, Python's search is linear in all but short needles
_SHORT_NEEDLE = 100
_COMPARED = 256  # characters that a search compares in one step
_DIGITS = 4_096  # bits of an integer that are compared in one step


class Budget(Protocol):
    """Where the steps are taken from."""

    def charge(self, steps: int) -> None: ...


def _in(item: Any, container: Any) -> bool:
    return item in container


def _not_in(item: Any, container: Any) -> bool:
    return item not in container


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": _in,
    "notin": _not_in,
}
"""By the names that Jinja's syntax tree has for them."""


def compare(budget: Budget, name: str, left: Any, right: Any) -> Any:
    """The comparison's result; raises TemplateError when it would take too long."""
    if name in ("in", "notin"):
        charge_search(budget, left, right)
    else:
        charge_pair(budget, left, right)
    return OPERATORS[name](left, right)


def charge_search(budget: Budget, item: Any, container: Any) -> None:
    """Charge for `item in container`."""
    if isinstance(container, str | bytes):
        if isinstance(item, str | bytes):
            charge_find(budget, len(item), len(container))
    elif isinstance(container, list | tuple):
        kind = type(item)
        if kind in (str, int, float, bool, NoneType):
            # A text is compared with those of its length, a number with numbers: no need to look.
            size = len(item) // TEXT_STEP if kind is str else 0
            budget.charge(len(container) * (1 + size) // 4)
        else:
            for other in container:
                charge_pair(budget, item, other)
    elif isinstance(item, list | tuple | Mapping | msgspec.Struct):
        budget.charge(steps_of(item))  # which is hashed


def charge_find(budget: Budget, needle: int, text: int) -> None:
    """Charge for a search of a text of the one length in one of the other, at its worst."""
    if needle > text:
        return
    tried = needle if text < _LONG_SEARCH else min(needle, _SHORT_NEEDLE)
    budget.charge((text - needle + 1) * tried // _COMPARED + 2 * text // TEXT_STEP)


def charge_pair(budget: Budget, left: Any, right: Any, depth: int = 0) -> None:
    """Charge for `left == right`, or `<`: what both have in common is compared, at most."""
    budget.charge(2)
    kind = type(left)
    if kind is str and type(right) is str:
        budget.charge(min(len(left), len(right)) // TEXT_STEP)
    elif kind is int and type(right) is int:
        budget.charge(min(left.bit_length(), right.bit_length()) // _DIGITS)
    elif depth > MAX_DEPTH:
        raise too_much("The nesting of a value", MAX_DEPTH, "levels")
    elif isinstance(left, str | bytes) and isinstance(right, str | bytes):
        budget.charge(min(len(left), len(right)) // TEXT_STEP)
    elif isinstance(left, list | tuple):
        if isinstance(right, list | tuple):
            for one, other in zip(left, right, strict=False):
                charge_pair(budget, one, other, depth + 1)
    elif isinstance(left, Mapping):
        if isinstance(right, Mapping):
            for key in left:
                if key in right:
                    charge_pair(budget, key, key, depth + 1)
                    charge_pair(budget, left[key], right[key], depth + 1)
    elif isinstance(left, set | frozenset):
        if isinstance(right, set | frozenset):
            budget.charge(min(steps_of(left), steps_of(right)))
    elif isinstance(left, msgspec.Struct) and kind is type(right):
        for name in left.__struct_fields__:
            charge_pair(budget, getattr(left, name), getattr(right, name), depth + 1)
