"""What a template does is counted in steps of at most 0.25 µs, and 100,000 are the end (0022).

Measured in steps, never by a clock; `bench/template_work.py` holds the steps against time.
"""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import TemplateError
from fsmv2.model import render_template
from fsmv2.model.template.jinja_template import compile_jinja
from fsmv2.model.template.limits import MAX_STEPS, NESTED_STEPS, Work, steps_of

SCOPE: dict[str, Any] = {
    "T": "a" * 1_000_000,
    "V": "a" * 500_000 + "b",
    "W": "- " * 50_000,
    "L": list(range(1000)),
    "S": ["x" * 1000 + str(i) for i in range(100)],
    "D": {str(i): i for i in range(1000)},
    "deep": [[list(range(1000))]],
    "P": tuple(range(1000)),
}


def steps(template: str, scope: dict[str, Any] = SCOPE) -> int:
    """What rendering it takes."""
    work = Work()
    work.left = 10**9
    compile_jinja(template).render(scope, work)
    return 10**9 - work.left


@pytest.mark.parametrize(
    ("expression", "least"),
    [
        ("T == T", 1_000_000 // 64),
        ("S != S", 100 * 1000 // 64),
        ("D == D", 2 * 1000),
        ("deep == deep", 1000),
        ("1 < 2 < 3 < 4", 6),
        ("-1 in L", 1000 // 4),
        ("P in L", 1000),
        ("P in D", 1000),
        ("T[1:]", 999_999 // 64),
        ("T[::2]", 1_000_000 // 2),
        ("L[1:]", 999),
        ("L + L", 2000),
        ("D[P]", 1000),
        ("[deep]", 1000),
        ("L ~ ''", 1000),
        ("L | string", 2000),
        ("D | dictsort", 2 * 1000 * 10),
        ("S | sort", 100 * 1000 // 64 * 6),
        ("L | unique", 3000),
        ("W | title", 100_000),
        ("W | urlencode", 100_000),
        ("T[:9000] | replace(T[:99] ~ 'b', '')", 9000 * 99 // 256),
        ("T[:9000] | trim(W)", 9000 * 100_000 // 64),
        ("L | map('string')", 16_000),
        ("L | select('in', W)", 16_000),
        ("W[:9000] | list", 9000),
        ("L | tojson", 2000),
        ("range(9000)", 9000 // 4),
        ("L is eq L", 1000),
        ("[1] | select('in', S) | list", 100),
        ("S | select('eq', S[0]) | list", 100 * 1000 // 64),
    ],
)
def test_an_expression_is_charged_for_what_it_reads_and_makes(expression: str, least: int) -> None:
    """And little more than twenty times that: honest templates have small values."""
    try:
        taken = steps(f"{{% set y = {expression} %}}")
    except TemplateError as error:
        assert "has no" in error.message or "cannot be" in error.message, error  # noqa: PT017
        return
    assert least <= taken <= 20 * least + 100


@pytest.mark.parametrize(
    ("template", "taken"),
    [
        ("{{ .v }}", 0),
        ("{{ .v | upper }}", 0),
        ("{% for a in [1, 2] %}{% endfor %}", 2 * 3 + 2 * 4),  # the list, and the rounds
        ("{% for a in [1] %}{{ a }}{% endfor %}", 2 * 2 + 4 + 3 + 3),  # an output and a name
        ("{% for a in [1] %}{{ a | upper }}{% endfor %}", 2 * 2 + 4 + 3 + 14 + 3),
        ("{% for a in [1] %}{% for b in '' %}{% endfor %}{% endfor %}", 2 * 2 + 4 + 20 + 3 + 1),
    ],
)
def test_rounds_and_what_is_large_are_charged(template: str, taken: int) -> None:
    """What stands outside loops and handles small values is bounded by the size of the tree."""
    assert steps(template, {"v": "x"}) == taken


def test_one_budget_is_for_all_templates_of_a_structure() -> None:
    """Many templates that each stay below it are no way around it."""
    loop = "{% for a in range(9000) %}{{ a }}{% endfor %}"
    assert render_template([loop], {})
    with pytest.raises(TemplateError, match="limit of 100,000 steps") as caught:
        render_template({"a": ["plain", loop, loop]}, {})
    assert caught.value.path == "a[2]"


def test_steps_are_held_to_their_number_exactly() -> None:
    work = Work()
    work.charge(MAX_STEPS)
    with pytest.raises(TemplateError, match="limit of 100,000 steps"):
        work.charge(1)


def test_a_value_that_is_passed_through_is_charged_for_its_copy() -> None:
    """One that holds itself a thousand thousand times would be copied for minutes."""
    shared: Any = [1]
    for _ in range(40):
        shared = [shared, shared]
    with pytest.raises(TemplateError, match="limit of 100,000 steps"):
        render_template("{{ .v }}", {"v": shared})


def test_integers_of_one_hash_are_made_unique_one_by_one() -> None:
    """Python's set compares each of them with all others."""
    by = 2**61 - 1
    assert render_template(f"{{{{ range(0, {by * 3}, {by}) | unique }}}}", {}) == [0, by, 2 * by]
    assert render_template(f"{{{{ [1, 1.0, {by}, {by}, 'a', 'A'] | unique }}}}", {}) == [1, by, "a"]


def test_each_container_in_another_is_charged() -> None:
    """To enter one takes as long as some of its items: a hundred and fifty towers of lists took
    three times as long as a step may."""
    assert steps_of([[0]] * 100) == 2 * 201 + NESTED_STEPS * 100
    assert steps_of([{}, (), 0]) == 2 * 4 + NESTED_STEPS * 2
    assert steps_of([0]) == 4
