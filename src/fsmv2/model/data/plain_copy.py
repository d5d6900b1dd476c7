"""Copies of plain nested data, so that what is frozen shares nothing changeable with its maker.

Called wherever a value enters or leaves a frozen object: bundles and rendered templates.
"""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")
SCALARS = frozenset({str, int, float, bool, type(None), bytes})  # exact types that hold nothing


def detach(value: _T) -> _T:
    """`value` with every dict, list and set in it copied; all else is shared.

    Tuples are rebuilt only for what they hold. Cost is linear in the number of containers' items.
    """
    kind = type(value)
    copied: Any = value
    if kind is dict:
        copied = {
            key: item if type(item) in SCALARS else detach(item)
            for key, item in value.items()  # type: ignore[attr-defined]  # a dict, tested above
        }
    elif kind is list:
        copied = [detach(item) for item in value]  # type: ignore[attr-defined]  # a list
    elif kind is tuple:
        copied = tuple([detach(item) for item in value])  # type: ignore[attr-defined]  # a tuple
    elif kind is set:
        copied = value.copy()  # type: ignore[attr-defined]  # a set
    return copied  # type: ignore[no-any-return]  # the same shape as `value`
