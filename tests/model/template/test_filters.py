"""Filters and tests one by one: what they give, what they refuse, what they cost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fsmv2.errors import TemplateError
from fsmv2.model import render_template
from fsmv2.model.template.filters import FILTERS, TESTS
from fsmv2.model.template.limits import MAX_TEXT


class Pin(msgspec.Struct):
    """Something with fields."""

    name: str
    port: int


SCOPE = {
    "l": [3, 1, 2, 1],
    "words": ["b", "A", "c"],
    "d": {"b": 1, "a": 2},
    "rows": [{"n": 2, "on": True}, {"n": 1, "on": False}],
    "pin": Pin("ü", 7),
    "text": "ab\n\nc",
}

FILTERED = [
    ("-1 | abs", 1),
    ("'aB' | capitalize", "Ab"),
    ("'a' | center(5)", "  a  "),
    ("'a' | center(-3)", "a"),
    ("'a' | center | length", 80),
    ("5 | center(3)", " 5 "),
    ("l | count", 4),
    ("x | d('e')", "e"),
    ("x | default('e')", "e"),
    ("d | dictsort", [("a", 2), ("b", 1)]),
    ("l | first", 3),
    ("'1.5' | float", 1.5),
    ("text | indent", "ab\n\n    c"),
    ("text | indent(1)", "ab\n\n c"),
    ("text | indent(1, true)", " ab\n\n c"),
    ("text | indent(-1, true)", "ab\n\nc"),
    ("'7' | int", 7),
    ("d | items | list", [("b", 1), ("a", 2)]),
    ("l | join", "3121"),
    ("l | join('-')", "3-1-2-1"),
    ("l | join(0)", "3010201"),
    ("[] | join('-')", ""),
    ("l | last", 1),
    ("l | length", 4),
    ("(1, 2) | list", [1, 2]),
    ("'AB' | lower", "ab"),
    ("rows | map(attribute='n') | list", [2, 1]),
    ("l | max", 3),
    ("l | min", 1),
    ("l | reject('odd') | list", [2]),
    ("rows | rejectattr('on') | list", [{"n": 1, "on": False}]),
    ("'aXaXa' | replace('X', '-')", "a-a-a"),
    ("'aXaXa' | replace('X', '-', 1)", "a-aXa"),
    ("'aXaXa' | replace('X', '-', 0)", "aXaXa"),
    ("'aXaXa' | replace('X', '-', -1)", "a-a-a"),
    ("101 | replace(0, 2)", "121"),
    ("l | reverse | list", [1, 2, 1, 3]),
    ("2.5 | round", 2.0),
    ("2.567 | round(2)", 2.57),
    ("1234 | round(-30)", 0),
    ("2.5 | round(30)", 2.5),
    ("l | select('odd') | list", [3, 1, 1]),
    ("rows | selectattr('on') | map(attribute='n') | list", [2]),
    ("words | sort", ["A", "b", "c"]),
    ("rows | sort(attribute='n') | map(attribute='n') | list", [1, 2]),
    ("5 | string", "5"),
    ("l | sum", 7),
    ("l | sum(start=3)", 10),
    ("[] | sum", 0),
    ("[0.5, true] | sum", 1.5),
    ("'a b' | title", "A B"),
    ("pin | tojson", '{"name": "ü", "port": 7}'),
    ("[1, 'a', none] | tojson", '[1, "a", null]'),
    ("' a ' | trim", "a"),
    ("l | unique | list", [3, 1, 2]),
    ("'ab' | upper", "AB"),
    ("'a b' | urlencode", "a%20b"),
]


@pytest.mark.parametrize(("expression", "expected"), FILTERED)
def test_what_a_filter_gives(expression: str, expected: Any) -> None:
    result = render_template(f"{{{{ {expression} }}}}", SCOPE)
    assert result == expected
    assert type(result) is type(expected)


def test_every_filter_is_shown_above() -> None:
    shown = " ".join(expression for expression, _ in FILTERED) + " "
    assert [name for name in FILTERS if not {f"| {name} ", f"| {name}("} & _uses(shown)] == []


def _uses(shown: str) -> set[str]:
    return {f"| {name}{end}" for name in FILTERS for end in (" ", "(") if f"| {name}{end}" in shown}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("3 is odd", True),
        ("2 is odd", False),
        ("2.5 is odd", False),
        ("2 is even", True),
        ("3 is even", False),
        ("9 is divisibleby(3)", True),
        ("9 is divisibleby(2)", False),
        ("true is boolean", True),
        ("x is defined", False),
        ("x is undefined", True),
        ("1 is in([1])", True),
        ("'a' is lower", True),
        ("'a' is upper", False),
        ("1 is number", True),
        ("none is none", True),
        ("d is mapping", True),
        ("l is sequence", True),
        ("l is iterable", True),
        ("'a' is string", True),
        ("1 is integer", True),
        ("1.0 is float", True),
        ("true is true", True),
        ("true is false", False),
        *[
            (f"1 is {word} 2", word in ("ne", "lt", "lessthan", "le"))
            for word in TESTS
            if word in ("eq", "equalto", "ne", "lt", "lessthan", "le", "gt", "greaterthan", "ge")
        ],
    ],
)
def test_what_a_test_gives(expression: str, expected: bool) -> None:
    assert render_template(f"{{{{ {expression} }}}}", SCOPE) is expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("'a' | center('b')", "A width is a whole number, not 'b'."),
        ("'a' | indent(1.5)", "A width is a whole number, not 1.5."),
        ("2.5 | round(31)", "round takes a precision between -30 and 30."),
        ("2.5 | round(-31)", "round takes a precision between -30 and 30."),
        ("2.5 | round('1')", "round takes a precision between -30 and 30."),
        ("'a' | round", "Expected a number, got str."),
        ("['a'] | sum", "Expected a number, got str."),
        ("[1] | sum(start='a')", "Expected a number, got str."),
        ("none is odd", "Expected a number, got NoneType."),
        ("1 is divisibleby('a')", "Expected a number, got str."),
        ("[x] | sum", "Variable 'x' is not defined"),
        ("[x] | first", "Variable 'x' is not defined"),
        ("[] | first", "No first item, sequence was empty."),
        ("[] | last | upper", "No last item, sequence was empty."),
        ("[] | max", "No aggregated item, sequence was empty."),
        ("[{}] | map(attribute='x') | list", "An item without the attribute that is asked for."),
        ("(x | round)", "Variable 'x' is not defined"),
        ("[1] | sum('a')", "sum takes no attribute. Write | map(attribute='x') | sum."),
        ("[1] | join('', 'a')", "join takes no attribute. Write | map(attribute='x') | join."),
    ],
)
def test_what_a_filter_refuses(expression: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_template(f"{{{{ {expression} }}}}", SCOPE)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("fits", "not_fits"),
    [
        (f"'a' | center({MAX_TEXT})", f"'a' | center({MAX_TEXT + 1})"),
        # Two lines, both counted as padded.
        (
            f"'a\\nb' | indent({MAX_TEXT // 2 - 2})",
            f"'a\\nb' | indent({MAX_TEXT // 2 - 1})",
        ),
        # Each item with a separator.
        (f"[a, 'bc'] | join('{'-' * 8}')", f"[a, 'bcd'] | join('{'-' * 8}')"),
        ("(a ~ 'XX') | replace('X', '123456789')", "(a ~ 'XX') | replace('X', '1234567890')"),
        (
            "(a ~ 'XX') | replace('X', '1234567890123456', 1)",
            "(a ~ 'XX') | replace('X', '12345678901234567890', 1)",
        ),
    ],
)
def test_a_text_a_filter_makes_is_held_to_its_length(fits: str, not_fits: str) -> None:
    """To the character, or what is counted for one."""
    scope = {"a": "x" * (MAX_TEXT - 18)}
    assert len(render_template(f"{{{{ {fits} }}}}", scope)) <= MAX_TEXT
    with pytest.raises(TemplateError, match="A text the template builds is over the limit"):
        render_template(f"{{{{ {not_fits} }}}}", scope)


def test_a_text_may_be_replaced_by_a_shorter_one_however_long_it_was() -> None:
    scope = {"a": "x" * (MAX_TEXT - 1)}
    assert render_template("{{ .a | replace('x', '') }}", scope) == ""
    assert len(render_template("{{ .a | replace('x', 'yy', -5) }}", {"a": "x" * 10})) == 20
