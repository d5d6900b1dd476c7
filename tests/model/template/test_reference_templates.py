"""Templates that are text and plain names: rendered without Jinja, as Jinja would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from variable_strategies import LAW, names, texts, users

from fsmv2.errors import UndefinedVariableError
from fsmv2.model import (
    VariableBundle,
)
from fsmv2.model.template.jinja_template import compile_jinja
from fsmv2.model.template.reference_templates import compile_fast

pieces = st.lists(st.one_of(texts, st.builds("{{{{ {} }}}}".format, names)), max_size=5)


@LAW
@given(pieces, users, users)
def test_both_roads_give_the_same(
    source: list[str], user: dict[str, Any], fleet: dict[str, Any]
) -> None:
    """Whatever the fast road takes, Jinja's road answers alike: value, type and error."""
    text = "".join(source)
    fast = compile_fast(text)
    if fast is None:
        return
    scope = VariableBundle(user, fleet).flatten()
    slow = compile_jinja(text)
    assert slow.references == fast.references
    one, other = outcome(fast, scope), outcome(slow, scope)
    assert one == other
    assert type(one) is type(other)


def outcome(template: Any, scope: dict[str, Any]) -> Any:
    """The result of a render, or all that its error says."""
    try:
        return template.render(scope)
    except UndefinedVariableError as error:
        return (str(error), error.variable, error.line, error.column)


@pytest.mark.parametrize(
    "template", ["{{ .IP }}", "{{ IP }}", "{{ .not }}", "a {{ .d.0.x }} {{ .global.rate }}", "{"]
)
def test_what_most_templates_are_needs_no_jinja(template: str) -> None:
    """Which is tens of times slower."""
    assert compile_fast(template) is not None
