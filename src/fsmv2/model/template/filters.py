"""The filters and tests templates may use: data in, data out, each bounded.

Jinja's own where they cannot grow their input; ours where they can (`replace`, `join`, `indent`,
`center`, `round`, `sum`, and the tests that would format text with `%`). Everything else Jinja
has is left out, and the error lists what there is. Called by template_jinja.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from jinja2 import pass_context, pass_environment
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import ignore_case, make_attrgetter
from jinja2.runtime import Undefined
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import _PassArg  # the one way to know what a filter of Jinja wants first

from fsmv2.errors import TemplateError
from fsmv2.model.template.comparisons import charge_pair, charge_search
from fsmv2.model.template.filter_costs import WORK, Charge, only_reads
from fsmv2.model.template.limits import (
    TEXT_STEP,
    check_number,
    check_text,
    check_value,
    steps_of,
    text_of,
)
from fsmv2.model.template.nested_braces import after_filter, join_own

_FROM_JINJA = (
    "abs capitalize d default dictsort first float int items last length count list lower map max "
    "min reject rejectattr reverse select selectattr sort string title trim upper urlencode"
)
_TESTS_FROM_JINJA = (
    "boolean defined eq equalto == != ne lt lessthan < <= le gt greaterthan > >= ge false float in "
    "integer iterable lower mapping none number sequence string true undefined upper"
)


def _replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, before, after = text_of(value), text_of(old), text_of(new)
    hits = text.count(before)
    if count is not None and count >= 0:  # below 0 it is no limit
        hits = min(count, hits)
    check_text(len(text) + hits * (len(after) - len(before)))
    return text.replace(before, after, hits)


def _join(value: Any, separator: str = "", attribute: Any = None) -> str:
    if attribute is not None:
        raise TemplateError("join takes no attribute.", fix="Write | map(attribute='x') | join.")
    parts: list[str] = []
    length = 0
    between = text_of(separator)
    for item in value:
        parts.append(item if isinstance(item, str) else text_of(item))
        length += len(parts[-1]) + len(between)
        check_text(length)
    return join_own([text for part in parts for text in (between, part)][1:])


def _indent(value: Any, width: int = 4, first: bool = False) -> str:
    text, pad = text_of(value), _width(width)
    check_text(len(text) + (text.count("\n") + 1) * pad)
    lines = text.split("\n")
    padded = [" " * pad + line if line and (i or first) else line for i, line in enumerate(lines)]
    return "\n".join(padded)


def _center(value: Any, width: int = 80) -> str:
    return text_of(value).center(_width(width))


def _width(width: Any) -> int:
    if not isinstance(width, int):
        raise TemplateError(f"A width is a whole number, not {width!r}.")
    check_text(width)
    return max(width, 0)


def _round(value: Any, precision: Any = 0) -> Any:
    if not isinstance(precision, int) or abs(precision) > 30:
        raise TemplateError("round takes a precision between -30 and 30.")
    return round(_number(value), precision)


def _sum(value: Any, attribute: Any = None, start: Any = 0) -> Any:
    if attribute is not None:
        raise TemplateError("sum takes no attribute.", fix="Write | map(attribute='x') | sum.")
    total = _number(start)
    for item in value:
        total = check_number(total + _number(item))
    return total


def _tojson(value: Any) -> str:
    check_value(value)
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    if isinstance(value, Undefined):
        str(value)  # raises the error that names the variable
    raise TemplateError(f"Expected a number, got {type(value).__name__}.")


def _odd(value: Any) -> bool:
    return bool(_number(value) % 2 == 1)


def _even(value: Any) -> bool:
    return bool(_number(value) % 2 == 0)


def _divisible(value: Any, by: Any) -> bool:
    return bool(_number(value) % _number(by) == 0)


@pass_environment
def _unique(
    environment: Any, value: Any, case_sensitive: bool = False, attribute: Any = None
) -> Iterator[Any]:
    key_of: Callable[[Any], Any] = make_attrgetter(
        environment, attribute, postprocess=None if case_sensitive else ignore_case
    )
    seen = set()
    for item in value:
        key = key_of(item)
        # Integers that differ by multiples of 2**61 - 1 have one hash: a set of them is a list.
        spread = str(key) if type(key) is int and abs(key) >= _ONE_HASH else key
        if spread not in seen:
            seen.add(spread)
            yield item


def bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, paying for what it reads and held to the limits in what it returns."""
    wants = _PassArg.from_obj(filter_)
    work: Charge = WORK.get(name, only_reads)

    @pass_context
    def call(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        given = (value, *args, *kwargs.values())
        # Many filters turn what they get into text, so it is measured first.
        for one in given:
            if isinstance(one, Mapping | list | tuple):
                context.charge(steps_of(one))
            elif isinstance(one, str):
                context.charge(len(one) // TEXT_STEP)
            else:
                check_number(one)
        work(context, value, args, kwargs)
        first: tuple[Any, ...] = ()
        if wants is _PassArg.context:
            first = (context,)
        elif wants is _PassArg.environment:
            first = (context.environment,)
        elif wants is _PassArg.eval_context:
            first = (context.eval_ctx,)
        return after_filter(settle(context, filter_(*first, value, *args, **kwargs)), given)

    return call


def bounded_test(name: str, test: Callable[..., Any]) -> Callable[..., Any]:
    """The test, paying for what it compares."""
    charge = {"in": charge_search}.get(name, charge_pair)

    @pass_context
    def call(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        for other in (*args, *kwargs.values()):
            if name in _COMPARING:
                charge(context, value, other)
        if isinstance(value, str) and name in ("lower", "upper"):
            context.charge(len(value) // TEXT_STEP)
        return test(value, *args, **kwargs)

    return call


def settle(context: Any, value: Any) -> Any:
    """A value as a template may keep it: iterators become lists, sizes are checked and paid."""
    if isinstance(value, Iterator) or type(value) in _VIEWS:
        value = list(value)
    if type(value) is int:
        return check_number(value)
    if isinstance(value, Mapping | list | tuple):
        refuse_undefined(value)
        context.charge(steps_of(value))
    elif isinstance(value, str):
        check_text(len(value))
        context.charge(len(value) // TEXT_STEP)
    return value


def refuse_undefined(value: Any) -> None:
    """Raise the error of an undefined variable that became an item of a container."""
    for item in value.values() if isinstance(value, Mapping) else value:
        if isinstance(item, Undefined):
            str(item)


_VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})

_ONE_HASH = 2**60
_ORDERING = {"ne", "!=", "lt", "lessthan", "<", "<=", "le", "gt", "greaterthan", ">", ">=", "ge"}
_COMPARING = _ORDERING | {"in", "eq", "equalto", "=="}


_Filter = Callable[..., Any]

# As they are written; a template gets them `bounded`.
FILTERS: dict[str, _Filter] = {
    **{name: JINJA_FILTERS[name] for name in _FROM_JINJA.split()},
    "replace": _replace,
    "join": _join,
    "indent": _indent,
    "center": _center,
    "round": _round,
    "sum": _sum,
    "tojson": _tojson,
    "unique": _unique,
}

_jinja_tests: Mapping[str, Any] = JINJA_TESTS  # untyped functions among them
TESTS: dict[str, _Filter] = {
    **{name: _jinja_tests[name] for name in _TESTS_FROM_JINJA.split()},
    "odd": _odd,
    "even": _even,
    "divisibleby": _divisible,
}
