"""Structures of templates: how deep and how long they may be, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

import fsmv2.spec.template
from fsmv2.errors import TemplateError
from fsmv2.spec import LocationConflict, Template, render_template
from fsmv2.spec.bounded import BoundedCache
from fsmv2.spec.template_fast import compile_fast
from fsmv2.spec.template_limits import MAX_DEPTH, MAX_TEXT, MAX_TOTAL


class Many(list[Any]):
    """A list of another class."""


class Mute:
    """Has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


WRAPS: dict[str, Callable[[Any], Any]] = {
    "list": lambda inner: [inner],
    "dict": lambda inner: {"k": inner},
    "tuple": lambda inner: (inner,),
    "another list": lambda inner: Many([inner]),
    "another mapping": lambda inner: MappingProxyType({"k": inner}),
    "struct": lambda inner: LocationConflict(level="", kept="", lost=inner),
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
def test_a_structure_is_held_to_its_depth_exactly(wrap: Callable[[Any], Any]) -> None:
    """Rendered or compiled."""
    too_deep = r"The nesting of a structure is over the limit of 60 levels\."

    def nested(levels: int, inner: Any) -> Any:
        for _ in range(levels):
            inner = wrap(inner)
        return inner

    fits, not_fits = nested(MAX_DEPTH, "{{ .a }}"), nested(MAX_DEPTH + 1, "{{ .a }}")
    assert render_template(fits, {"a": "b"}) == nested(MAX_DEPTH, "b")
    assert Template.compile(fits).references == {("a",)}
    with pytest.raises(TemplateError, match=too_deep):
        render_template(not_fits, {"a": "b"})
    with pytest.raises(TemplateError, match=too_deep):
        Template.compile(not_fits)


def test_a_value_that_is_deeper_than_python_goes_is_said_to_be() -> None:
    """No bundle takes one, but a scope may hold it."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(TemplateError) as caught:
        render_template("{{ .v }}", {"v": deep})
    assert caught.value.message == "The nesting of a value is over the limit of 60 levels."


def test_all_text_of_one_structure_is_held_to_its_length_exactly() -> None:
    """32 texts of the greatest length."""
    each = "x" * MAX_TEXT
    many = ["{{ .a }}"] * (MAX_TOTAL // MAX_TEXT)
    assert render_template(many, {"a": each}) == [each] * len(many)
    with pytest.raises(TemplateError) as caught:
        render_template([*many, "{{ .b }}"], {"a": each, "b": "y"})
    assert caught.value.message == (
        "The text of all templates here is over the limit of 8,388,608 characters."
    )


def test_a_value_without_a_text_is_named_with_what_to_use() -> None:
    with pytest.raises(TemplateError) as caught:
        render_template("<{{ .v }}>", {"v": Mute()})
    assert str(caught.value) == (
        "A value cannot be written as text: RuntimeError: no words. "
        "Use text, numbers, lists and mappings as variables."
    )


@pytest.mark.parametrize(
    "template", ["{{ .IP }}", "{{ IP }}", "{{ .not }}", "a {{ .d.0.x }} {{ .global.rate }}", "{"]
)
def test_what_most_templates_are_needs_no_jinja(template: str) -> None:
    """Which is tens of times slower."""
    assert compile_fast(template) is not None


def test_a_template_that_was_not_used_for_a_while_is_not_compiled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is among the old ones, and comes back from there."""
    cache: BoundedCache[str, Any] = BoundedCache(4)
    monkeypatch.setattr(fsmv2.spec.template, "_compiled", cache)
    scope = dict.fromkeys("abc", 1)
    render_template("{{ .a }}", scope)
    first = cache.young["{{ .a }}"]
    for name in "bca":
        render_template(f"{{{{ .{name} }}}}", scope)
    assert cache.young["{{ .a }}"] is first
