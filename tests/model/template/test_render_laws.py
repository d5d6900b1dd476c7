"""Laws of rendering, for all inputs hypothesis can think of."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from variable_strategies import LAW, scalars, users, values

from fsmv2.errors import TemplateError
from fsmv2.model import (
    render_template,
)


@LAW
@given(values)
def test_a_whole_expression_keeps_value_and_type(value: Any) -> None:
    """On both roads, and without sharing containers with the scope."""
    for template in ("{{ .X }}", "{{ (.X) }}", "{{ X }}"):
        result = render_template(template, {"X": value})
        assert result == value
        assert type(result) is type(value)
        if isinstance(value, list | dict) and value:
            assert result is not value


@LAW
@given(values)
def test_a_rendered_value_is_never_rendered_again(value: Any) -> None:
    """Braces that come in through a variable go out as they are."""
    scope = {"X": "{{ .Y }}{% if %}" + str(value)}
    assert render_template("<{{ .X }}>", scope) == f"<{scope['X']}>"
    assert render_template("{% if true %}{{ .X }}{% endif %}", scope) == scope["X"]


@LAW
@given(st.text("{}%#.-+*/|()[]'\" abif1~=:,<>_ \n", max_size=30), users)
def test_only_our_errors_come_out_of_nonsense(source: str, user: dict[str, Any]) -> None:
    """Random template text renders or raises a TemplateError with a place."""
    try:
        render_template(source, user)
    except TemplateError as error:
        place = (error.line, error.column)
    else:
        place = (1, 1)
    assert min(place) >= 1


templates = st.recursive(
    st.one_of(
        st.just("{{ .IP }}"),
        st.just("x {{ .IP }}"),
        scalars.filter(lambda v: not isinstance(v, str) or "{" not in v),
    ),
    lambda v: st.one_of(
        st.lists(v, max_size=3),
        st.dictionaries(st.text(max_size=4), v, max_size=3),
        st.tuples(v, v),
    ),
    max_leaves=6,
)


@LAW
@given(templates, scalars)
def test_rendering_keeps_the_shape(template: Any, value: Any) -> None:
    """Containers, lengths and keys stay; strings without expressions stay as they are."""
    result = render_template(template, {"IP": value})

    def same(before: Any, after: Any) -> None:
        if isinstance(before, dict):
            assert list(before) == list(after)
            for key in before:
                same(before[key], after[key])
        elif isinstance(before, list | tuple):
            assert type(before) is type(after)
            assert len(before) == len(after)
            for x, y in zip(before, after, strict=True):
                same(x, y)
        elif before == "{{ .IP }}":
            assert after == value
        elif before == "x {{ .IP }}":
            assert after == f"x {value}"
        else:
            assert after == before

    same(template, result)
