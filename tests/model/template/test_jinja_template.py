"""What is written without the leading dot means what it means to Jinja, white space and all."""

from __future__ import annotations

import pytest
from jinja_comparison import jinja, ours


@pytest.mark.parametrize(
    "expression",
    [
        "1.5e3", "1_000", "0x1f", "0b11", "-7", "+7", "- 7", "1 - -1", "n-1", "n -1", "n - 1",
        "'it''s'", '"it\'s"', "'a\\'b'", "'a\\nb'", '"a\\\\b"',
        "d.k", "d .k", "d. k", "d['k']", 'd["k"]', "d.l[0]", "d.l.1", "d.l[-1]", "l[0]", "l[1:]",
        "l[:1]", "l[::2]", "l[1:][0]", "(l)[0]", "((l))[0]", "[1, 2][1]", "(1, 2)[0]",
        "{'x': 1}['x']", "{'x': {'y': 2}}.x.y", "[[1]][0][0]", "{'a': 1, }", "[1, ]", "(1, )", "()",
        "1 if on else 2", "1 if off else 2", "1 if on", "not on", "not off and on", "on or off",
        "on and not off", "1 == 1", "1 != 2", "1 < 2 < 3", "1 <= 1", "2 >= 3", "1 in l",
        "9 not in l", "n is odd", "n is not odd", "a ~ n", "a ~ '-' ~ n", "n + 1", "n * 2", "n / 2",
        "n // 2", "n % 2", "(n + 1) * 2", "n + 1 * 2", "a | lower", "a | lower | upper",
        "l | join(',')", "l | map('string') | join('-')", "x | default('y')", "x is defined",
        "x is not defined", "a is string and n is number", "true", "false", "none", "True",
        "range(3) | list", "range(1, 9, 3) | join", "'}' ~ a ~ '}'", "')' ~ a", "d.l | first",
        "(a | lower) ~ a", "[a | lower, n]", "{'k': a | lower}", "a[0]", "'abc'[1]", "l == [1,2,3]",
    ],
)  # fmt: skip
def test_expressions_mean_the_same(expression: str) -> None:
    for template in (f"{{{{ {expression} }}}}", f"<{{{{{expression}}}}}>{{# #}}"):
        assert ours(template) == jinja(template)
