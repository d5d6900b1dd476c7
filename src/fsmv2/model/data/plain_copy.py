"""Copies of plain nested data, so that what is frozen shares nothing changeable with its maker.

Called wherever a value enters or leaves a frozen object: bundles and rendered templates.
"""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")
SCALARS = frozenset({str, int, float, bool, type(None), bytes})  # exact types that hold nothing


MAX_LEVELS = 250
"""Containers within each other. Counted, since how deep Python calls may go is a setting of the
program that this one is part of: where it is high, data that holds itself would fill the memory.
"""


def detach(value: _T, levels: int = MAX_LEVELS) -> _T:
    """`value` with every dict, list and set in it copied; all else is shared.

    Tuples are rebuilt only for what they hold. Cost is linear in the number of containers' items.
    Raises RecursionError for more than `levels` containers within each other.
    """
    kind = type(value)
    if not levels and kind not in SCALARS:
        raise RecursionError(f"nested over {MAX_LEVELS} levels")
    copied: Any = value
    if kind is dict:
        copied = {
            key: item if type(item) in SCALARS else detach(item, levels - 1)
            for key, item in value.items()  # type: ignore[attr-defined]  # a dict, tested above
        }
    elif kind is list:
        copied = [detach(item, levels - 1) for item in value]  # type: ignore[attr-defined]  # a list
    elif kind is tuple:
        copied = tuple([detach(item, levels - 1) for item in value])  # type: ignore[attr-defined]  # a tuple
    elif kind is set:
        copied = value.copy()  # type: ignore[attr-defined]  # a set
    return copied  # type: ignore[no-any-return]  # the same shape as `value`
