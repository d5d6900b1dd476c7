"""Structures of templates: how deep and how long they may be, whatever they are made of."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import pytest

import fsmv2.model.template.render
from fsmv2.errors import TemplateError
from fsmv2.model import LocationConflict, Template, render_template
from fsmv2.model.data.bounded_cache import BoundedCache
from fsmv2.model.template.limits import MAX_DEPTH, MAX_TEXT, MAX_TOTAL


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


def test_a_template_that_was_not_used_for_a_while_is_not_compiled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is among the old ones, and comes back from there."""
    cache: BoundedCache[str, Any] = BoundedCache(4)
    monkeypatch.setattr(fsmv2.model.template.render, "_compiled", cache)
    scope = dict.fromkeys("abc", 1)
    render_template("{{ .a }}", scope)
    first = cache.young["{{ .a }}"]
    for name in "bca":
        render_template(f"{{{{ .{name} }}}}", scope)
    assert cache.young["{{ .a }}"] is first


@dataclass(frozen=True)
class Endpoint:
    """A frozen data class."""

    host: str
    port: Any = 502
    url: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.port == 0:
            raise ValueError("port 0")
        object.__setattr__(self, "url", f"{self.host}:{self.port}")


@dataclass(slots=True)
class Holder:
    """One that can be changed."""

    inner: Any


class Pair(NamedTuple):
    """A named tuple."""

    a: Any
    b: Any


class Colour(enum.Enum):
    """An enum."""

    RED = "{{ .a }}"


class Client:
    """Anything."""


def test_every_kind_of_data_is_rendered_in_its_own_shape() -> None:
    """Also nested in each other."""
    structure = Holder(
        [
            Endpoint("{{ .a }}", "{{ .n }}"),
            {"{{ .a }}", 1},
            frozenset({("{{ .a }}", 2)}),
            Pair("{{ .n }}", b"{{ .a }}"),
            LocationConflict(level="{{ .a }}", kept="", lost=""),
            {"{{ .a }}": "{{ .a }}"},
        ]
    )
    done = render_template(structure, {"a": "b", "n": 7})
    assert type(done) is Holder
    assert done.inner == [
        Endpoint("b", 7),
        {"b", 1},
        frozenset({("b", 2)}),
        Pair(7, b"{{ .a }}"),
        LocationConflict(level="b", kept="", lost=""),
        {"{{ .a }}": "b"},
    ]
    assert done.inner[0].url == "b:7"
    assert Template.compile(structure).references == {("a",), ("n",)}


def test_what_holds_no_template_passes_as_it_is() -> None:
    values = [b"{{", 1, 1.5, 1j, None, True, Decimal(1), UUID(int=1), date(2026, 1, 1), Colour.RED]
    assert render_template(values, {}) == values


@pytest.mark.parametrize("value", [Client(), Path("/{{ .a }}"), {}.keys, iter([]), Endpoint])
def test_an_object_of_any_other_class_is_refused_at_its_place(value: Any) -> None:
    """By name: it may hold a template that nobody would render."""
    for refused in (render_template, lambda t, _: Template.compile(t)):
        with pytest.raises(TemplateError) as caught:
            refused({"x": [Holder(value)]}, {})
        assert caught.value.path == "x[0].inner"
        kind = type(value)
        assert caught.value.message == (
            f"An object of the class {kind.__module__}.{kind.__qualname__} cannot be part of a "
            "template: what in it is to be rendered is not known."
        )


def test_what_a_class_refuses_is_an_error_at_its_place() -> None:
    with pytest.raises(TemplateError, match=r"cannot be made of .*: ValueError: port 0") as caught:
        render_template([Endpoint("h", "{{ .n }}")], {"n": 0})
    assert caught.value.path == "[0]"
    with pytest.raises(TemplateError, match="unhashable"):
        render_template({"{{ .l }}"}, {"l": []})


def test_a_compiled_structure_is_not_changed_by_its_maker() -> None:
    holder = Holder("{{ .a }}")
    template = Template.compile(holder)
    holder.inner = "{{ .b }}"
    assert template.render({"a": 1}).inner == 1
