"""Comparisons in templates: each is charged for the sizes it compares."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import TemplateError
from fsmv2.model import render_template

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


@pytest.mark.parametrize(
    "test", ["A == B", "'q' in T", "T < U", "V in T", "A is eq B", "V is in T"]
)
def test_a_comparison_is_charged_for_the_sizes_it_compares(test: str) -> None:
    """Ten thousand rounds of any of them would hold the tree for seconds."""
    lists = {name: ["x" * 1000 + str(i) for i in range(1000)] for name in "AB"}
    scope = {**lists, **SCOPE, "U": "a" * 999_999 + "b"}
    loop = "{% for a in range(100) %}{% for b in range(9) %}{% if TEST %}{% endif %}"
    template = loop.replace("TEST", test) + "{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match="What the template does is over the limit"):
        render_template(template, scope)


def test_two_values_that_share_their_parts_are_not_compared_to_the_end() -> None:
    """Each is small; compared part by part they are 2**40 pairs."""
    one: Any = [1]
    other: Any = [1]
    for _ in range(40):
        one, other = [one, one], [other, other]
    for template in ("{{ .a == .b }}", "{{ .a in [.b] }}", "{{ .a is eq(.b) }}"):
        with pytest.raises(TemplateError, match=r"over the limit of"):
            render_template(template, {"a": one, "b": other})
