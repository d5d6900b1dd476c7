"""Looking up names: what is missing is an error with the nearest names."""

from __future__ import annotations

from typing import Any

import pytest
from plc_scope import SCOPE

from fsmv2.errors import UndefinedVariableError
from fsmv2.model import (
    render_template,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .x | default('q') }}", "q"),
        ("{{ .x.y.z | d(4) }}", 4),
        ("{{ .PORT | default(.x) }}", 502),
        ("{{ .off | default('q', true) }}", "q"),
        ("{{ .x is defined }}", False),
        ("{{ .d.a.c is undefined }}", True),
        ("{{ .IP is defined }}", True),
        ("{{ .x | default('a') | upper }}", "A"),
    ],
)
def test_a_missing_variable_may_be_asked_for(template: str, expected: Any) -> None:
    """`default` and `is defined` work at any depth."""
    assert render_template(template, SCOPE) == expected


@pytest.mark.parametrize(
    ("template", "variable", "line", "column"),
    [
        ("{{ .IPP }}", "IPP", 1, 4),
        ("a {{ IPP }}", "IPP", 1, 6),
        ("a\n b {{ .global.rat }}", "global.rat", 2, 7),
        ("a\r\n b {{ .global.rat | upper }}", "global.rat", 2, 7),
        ("{{ .IP }}{{ .d.a.c.e }}", "d.a.c.e", 1, 13),
        ("{{ .IP.x }}", "IP.x", 1, 4),
        ("{{ .l.7 }}", "l.7", 1, 4),
        ("{{ .l.3 }}", "l.3", 1, 4),
        ("{{ .d.7 }}", "d.7", 1, 4),
        ("{{ .d.7.x }}\n", "d.7.x", 1, 4),
        ("{% if .x %}{% endif %}", "x", 1, 7),
        ("{{ 1 if .x }}", "x", 1, 9),
        ("{{ not .x }}", "x", 1, 8),
        ("{{ .x and .on }}", "x", 1, 4),
        ("{{ .x == 1 }}", "x", 1, 4),
        ("{{ 1 in .x }}", "x", 1, 9),
        ("{{ .x + 1 }}", "x", 1, 4),
        ("{{ -.x }}", "x", 1, 5),
        ("{{ .x ~ 'a' }}", "x", 1, 4),
        ("{{ .x[1:] }}", "x", 1, 4),
        ("{{ .x[.PORT] }}", "x", 1, 4),
        ("{{ .d[.x] }}", "x", 1, 7),
        ("{{ [1, .x] }}", "x", 1, 8),
        ("{{ {'a': .x} }}", "x", 1, 10),
        ("{{ range(.x) }}", "x", 1, 10),
        ("{{ .x | upper }}", "x", 1, 4),
        ("{{ .l | join(.x) }}", "x", 1, 14),
        ("{{ .x is odd }}", "x", 1, 4),
        ("{{ .x | sum }}", "x", 1, 4),
        ("{% for i in .x %}{% endfor %}", "x", 1, 13),
        ("{% for i in .l %}\n{{ i.x }}{% endfor %}", "i.x", 2, 4),
        ("{% for i in .l %}{{ loop.nope }}{% endfor %}", "loop.nope", 1, 21),
        ("{% if .off %}{% set x = 1 %}{% endif %}{{ x }}", "x", 1, 43),
        ("{{ .x.y | default(.z) }}", "z", 1, 19),
    ],
)
def test_any_other_use_of_a_missing_variable_is_an_error(
    template: str, variable: str, line: int, column: int
) -> None:
    """Named as written, with its place; also when only tested for truth."""
    with pytest.raises(UndefinedVariableError) as caught:
        render_template(template, SCOPE)
    assert caught.value.variable == variable
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"(line {line}, column {column})" in str(caught.value)


@pytest.mark.parametrize(
    ("template", "fix"),
    [
        ("{{ .PROT }}", "Did you mean 'PORT'? Known: IP, PORT"),
        ("{{ .rate }}", "There is one in the global tier: write '.global.rate'."),
        ("{{ .id }}", "There is one in the internal tier: write '.internal.id'."),
        ("{{ .global.rat }}", "Did you mean 'rate'? Known: items, rate."),
        ("{{ .d.a.c }}", "Known: b."),
        ("{% for i in .l %}{{ loop.indx }}{% endfor %}", "Did you mean 'index'?"),
    ],
)
def test_the_error_names_the_nearest_and_the_known_names(template: str, fix: str) -> None:
    """Those of the tier the variable was looked for in, or the tier that has it."""
    with pytest.raises(UndefinedVariableError) as caught:
        render_template(template, SCOPE)
    assert fix in caught.value.fix
    assert "agent/x" not in str(caught.value)


def test_a_tier_that_is_empty_is_said_to_be() -> None:
    """There is nothing to suggest."""
    with pytest.raises(UndefinedVariableError, match="No global variable is set here"):
        render_template("{{ .global.x }}", {"A": 1})
    with pytest.raises(UndefinedVariableError, match=r"\. No user variables are set here\.$"):
        render_template("{{ .x }}", {"global": {"A": 1}})
    with pytest.raises(UndefinedVariableError, match=r"'e' \(empty\) has no 'x'"):
        render_template("{{ .e.x }}", {"e": {}})
