"""What each filter of a template does beyond reading what it is given and writing what it returns.

A filter that looks at each item, sorts or searches is charged for that before it runs; what it
reads and returns is charged by `template_filters.bounded`, for all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.model.template.comparisons import Budget, charge_find
from fsmv2.model.template.limits import TEXT_STEP, steps_of, text_of

Charge = Callable[[Budget, Any, tuple[Any, ...], Mapping[str, Any]], None]
"""Takes the budget, the value that is filtered, and the filter's arguments."""


def only_reads(_budget: Budget, _value: Any, _args: Any, _kwargs: Any) -> None:
    """Nothing beyond it."""


def _looks_at_each(steps: int) -> Charge:
    """Work for each item of a list, or each character of a text."""

    def charge(budget: Budget, value: Any, _args: Any, _kwargs: Any) -> None:
        if isinstance(value, str | Mapping | list | tuple):
            budget.charge(len(value) * steps)

    return charge


def _sorts(budget: Budget, value: Any, _args: Any, _kwargs: Any) -> None:
    if isinstance(value, str | Mapping | list | tuple):
        whole = len(value) if isinstance(value, str) else steps_of(value)
        budget.charge(whole * max(1, len(value).bit_length()))


def _searches(budget: Budget, value: Any, args: Any, kwargs: Any) -> None:
    old = [*args, kwargs.get("old", "")][0]
    if isinstance(old, str):
        charge_find(budget, len(old), len(text_of(value)))


def _strips(budget: Budget, value: Any, args: Any, kwargs: Any) -> None:
    for chars in (*args, *kwargs.values()):
        if isinstance(chars, str) and isinstance(value, str):
            budget.charge(len(value) * len(chars) // TEXT_STEP)


WORK: dict[str, Charge] = {
    **dict.fromkeys(("map", "select", "selectattr", "reject", "rejectattr"), _looks_at_each(16)),
    **dict.fromkeys(("list", "string", "tojson"), _looks_at_each(1)),
    **dict.fromkeys(("max", "min", "sum", "join", "unique", "items"), _looks_at_each(3)),
    **dict.fromkeys(("sort", "dictsort"), _sorts),
    "title": _looks_at_each(2),
    "urlencode": _looks_at_each(1),
    "replace": _searches,
    "trim": _strips,
}
