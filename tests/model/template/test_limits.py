"""Templates are bounded without a clock: source, tree, steps, and whatever they build.

Each case here would take gigabytes or hours if its limit did not hold, so the limit on memory
below is far above what a refusal needs and far below what a success would take.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from fsmv2.errors import TemplateError
from fsmv2.model import LocationConflict, Template, render_template
from fsmv2.model.template.limits import (
    MAX_BITS,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_SOURCE,
    MAX_TEXT,
    check_number,
    check_value,
    text_of,
)

BIG = 10**9


SCOPE = {"s": "x" * 1000, "l": list(range(1000)), "n": 2**60, "d": {"a": 1}, "huge": "y" * 200_000}


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """No test of this file may take 64 MiB."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


HOSTILE = {
    "power": "{{ 10 ** 10 ** 10 }}",
    "repeated text": f"{{{{ 'a' * {BIG} }}}}",
    "repeated text, turned": f"{{{{ {BIG} * 'a' }}}}",
    "repeated list": f"{{{{ [0] * {BIG} }}}}",
    "repeated variable": f"{{{{ .l * {BIG} }}}}",
    "format by %": f"{{{{ '%{BIG}d' % 1 }}}}",
    "format by % in a set": "{% set a = '%1000000000d' %}{{ a % 1 }}",
    "format by odd": f"{{{{ '%{BIG}d' is odd }}}}",
    "format by even": f"{{{{ '%{BIG}d' is even }}}}",
    "format by divisibleby": f"{{{{ '%{BIG}d' is divisibleby(1) }}}}",
    "format by select": f"{{{{ ['%{BIG}d'] | select('odd') | list }}}}",
    "format filter": f"{{{{ '%{BIG}d' | format(1) }}}}",
    "format method": f"{{{{ '{{:{BIG}}}'.format(1) }}}}",
    "center": f"{{{{ 'a' | center({BIG}) }}}}",
    "center by name": f"{{{{ ['a'] | map('center', {BIG}) | list }}}}",
    "center of no number": "{{ 'a' | center('b') }}",
    "indent": f"{{{{ 'a\\nb' | indent({BIG}) }}}}",
    "ljust": f"{{{{ 'a'.ljust({BIG}) }}}}",
    "zfill": f"{{{{ 'a'.zfill({BIG}) }}}}",
    "replace": "{{ .huge | replace('', .huge) }}",
    "a text as a list": "{{ .huge | list | length }}",
    "replace without a limit": "{{ .huge[:9999] | replace('', .huge[:9999], -1) }}",
    "replace method": "{{ .huge.replace('', .huge) }}",
    "join": "{{ .l | join(.huge) }}",
    "join of one text": "{{ .huge | join(.huge) }}",
    "doubling by ~": "{% set a = .s %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling by +": "{% set a = .s %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "doubling lists by +": "{% set a = .l %}" + "{% set a = a + a %}" * 60 + "{{ a | length }}",
    "nested lists": "{% set a = [1, 1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
    "nested tuples": "{% set a = (1, 1) %}" + "{% set a = (a, a) %}" * 60 + "{{ a }}",
    "nested dicts": "{% set a = {} %}" + "{% set a = {'x': a, 'y': a} %}" * 60 + "{{ a }}",
    "deep lists": "{% set a = [] %}" + "{% set a = [a] %}" * 100 + "{{ a }}",
    "squaring": "{% set a = .n %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "adding integers": f"{{{{ {2**256 - 1} + {2**256 - 1} }}}}",
    "a long integer": "{{ " + "9" * 60_000 + " }}",
    "an integer beyond the bits": "{{ " + "9" * 100 + " }}",
    "summing integers": f"{{{{ [{2**255}, {2**255}, {2**255}] | sum }}}}",
    "int of much text": "{{ ('9' * 9) | int }}",
    "rounding": f"{{{{ 1.5 | round({BIG}) }}}}",
    "rounding up": f"{{{{ 1.5 | round(-{BIG}) }}}}",
    "range": f"{{{{ range({BIG}) }}}}",
    "range from below": f"{{{{ range(-{BIG}, {BIG}) }}}}",
    "range of a huge integer": f"{{{{ range({2**200}) }}}}",
    "range backwards": f"{{{{ range({BIG}, 0, -1) }}}}",
    "range by step nothing": "{{ range(0, 1, 0) }}",
    "range of text": "{{ range('5') }}",
    "range of nothing": "{{ range() }}",
    "loops in loops": "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}"
    "{% endfor %}{% endfor %}",
    "a loop of much output": "{% for a in .l %}{{ .s }}{% endfor %}",
    "a recursive loop": "{% for a in .l recursive %}{{ loop(.l) }}{% endfor %}",
    "loops over filters": "{% for a in range(9999) %}"
    "{{ .l | map('string') | list | length }}{% endfor %}",
    "batch": f"{{{{ [1] | batch({BIG}, 0) | list }}}}",
    "slice": f"{{{{ [1] | slice({BIG}) | list }}}}",
    "wordwrap": "{{ .huge | wordwrap(1) }}",
    "lipsum": f"{{{{ lipsum(n={BIG}) }}}}",
    "cycler": "{{ cycler(1, 2) }}",
    "namespace": "{% set n = namespace(a=1) %}{% set n.a = 2 %}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call block": "{% call x() %}{% endcall %}",
    "filter block": "{% filter upper %}a{% endfilter %}",
    "set block": "{% set a %}x{% endset %}",
    "block": "{% block a %}{{ self.a() }}{% endblock %}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as y %}",
    "from": "{% from 'x' import y %}",
    "extends": "{% extends 'x' %}",
    "open parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "open brackets": "{{ " + "[" * 5000 + "1" + "]" * 5000 + " }}",
    "many nots": "{{ " + "not " * 5000 + "1 }}",
    "many conditions": "{% if .s %}" * 500 + "{% endif %}" * 500,
    "many loops": "{% for a in .l %}" * 30 + "{% endfor %}" * 30,
    "many filters": "{{ .s" + " | upper" * 500 + " }}",
    "many elements": "{{ [" + "1," * 5000 + "] }}",
    "much source": "a{# " + "x" * MAX_SOURCE + " #}",
    "many plain names": "{{ .s }}" * 9000,
    "output of the fast road": "{{ .huge }}{{ .huge }}",
    "star arguments": "{{ .s | replace(*.l) }}",
    "no list": "{% for a in .n %}{% endfor %}",
    "unlike sides": "{{ .s + .n }}",
    "zero": "{{ 1 / 0 }}",
    "a slice by nothing": "{{ .l[::0] }}",
    "a slice of a mapping": "{{ .d[1:2] }}",
    "a list as a key": "{{ .d[[1]] }}",
    "infinity as integer": "{{ 1e999 | int | sum }}",
    "unlike items": "{{ [1, 'a'] | sort }}",
    "sum of text": "{{ ['a'] | sum }}",
    "sum by attribute": "{{ [{'a': 1}] | sum(attribute='a') }}",
    "join by attribute": "{{ [{'a': 1}] | join(',', attribute='a') }}",
    "loop as a target": "{% set loop = 1 %}",
    "loop as a value": "{% for a in .l %}{{ loop }}{% endfor %}",
    "an attribute that is missing": "{{ .l | map(attribute='x') | list }}",
    "an attribute that is missing, by text": "{{ [{}] | map(attribute='x') | join }}",
}


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.thorough
def test_a_hostile_template_is_refused(template: str) -> None:
    """By one of our errors, in little memory; also as part of a text."""
    for source in (template, "text " + template):
        with pytest.raises(TemplateError) as caught:
            render_template(source, SCOPE)
        assert caught.value.line >= 1
        assert caught.value.column >= 1


def test_what_stays_below_the_limits_is_rendered() -> None:
    """They leave room for every honest config."""
    assert len(render_template("{{ .huge }}!", SCOPE)) == 200_001
    assert render_template("{% for a in .l %}{{ a }},{% endfor %}", SCOPE).startswith("0,1,2,")
    assert render_template("{{ .n * .n * .n }}", SCOPE) == 2**180


def test_a_limit_names_itself_and_the_way_out() -> None:
    """The message has the number, the fix the alternative."""
    with pytest.raises(TemplateError, match="limit of 10,000 items") as caught:
        render_template("{{ range(10001) }}", {})
    assert "move what computes into the worker" in caught.value.fix
    assert len(render_template("{{ range(10000) }}", {})) == 10_000


def test_the_place_of_a_broken_limit_is_the_last_thing_read() -> None:
    """Good enough to find it in a long template."""
    with pytest.raises(TemplateError) as caught:
        render_template("line\n{{ .s | center(999999999) }}", SCOPE)
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_all_text_of_one_structure_is_bounded() -> None:
    """Many harmless scalars are no way around the limit of one."""
    with pytest.raises(TemplateError, match="all templates here") as caught:
        render_template({"a": ["{{ .huge }}!"] * 100}, SCOPE)
    assert caught.value.path == "a[41]"


def test_a_structure_may_not_be_too_deep() -> None:
    """Nor hold itself."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TemplateError, match="nesting of a structure"):
        render_template(loop, {})
    with pytest.raises(TemplateError, match="nesting of a structure"):
        Template.compile([loop])


def test_values_of_the_scope_are_measured_before_they_become_text() -> None:
    """A value that refers to one part many times is far larger as text."""
    value: Any = ["x" * 100] * 10
    for _ in range(12):
        value = [value] * 10
    for template in ("<{{ .v }}>", "{{ .v | tojson }}", "{{ .v ~ '' }}", "{{ .v | string }}"):
        with pytest.raises(TemplateError):
            render_template(template, {"v": value})


def test_a_value_is_weighed_with_all_it_holds() -> None:
    """Texts, mappings, tuples and sets."""
    check_value({"a": [1, ("b", {"c"})], "d": b"e"})
    with pytest.raises(TemplateError, match="characters"):
        check_value({"a": ["x" * MAX_TEXT, "y"]})
    with pytest.raises(TemplateError, match="characters"):
        check_value(LocationConflict(level="x" * MAX_TEXT, kept="y", lost=""))


def test_a_struct_is_weighed_before_it_becomes_json() -> None:
    """What filters are given is weighed only where it is a container of Python's own."""
    many: Any = [0] * MAX_ITEMS
    with pytest.raises(TemplateError, match="A value the template builds is over"):
        render_template("{{ .v | tojson }}", {"v": LocationConflict(level="", kept="", lost=many)})


def nested(levels: int, inner: Any = 1) -> Any:
    """`inner` within so many lists."""
    for _ in range(levels):
        inner = [inner]
    return inner


def test_a_value_is_held_to_its_limits_exactly() -> None:
    """As many items and levels as there may be pass, one more does not."""
    assert check_value([0] * (MAX_ITEMS - 1)) == MAX_ITEMS
    with pytest.raises(TemplateError, match="A value the template builds is over"):
        check_value([0] * MAX_ITEMS)
    assert check_value(nested(MAX_DEPTH)) == MAX_DEPTH + 1
    with pytest.raises(TemplateError, match="The nesting of a value is over"):
        check_value(nested(MAX_DEPTH + 1))
    assert check_value(["x" * (MAX_TEXT - 1), b"y"]) == 3
    with pytest.raises(TemplateError, match="A text the template builds is over"):
        check_value(["x" * MAX_TEXT, b"y"])


@pytest.mark.parametrize("kind", ["key", "value", "tuple", "set", "frozenset", "struct"])
def test_every_kind_of_container_counts_a_level_and_its_items(kind: str) -> None:
    """Keys of a mapping as well."""
    deep = nested(MAX_DEPTH - 1)
    deeper = nested(MAX_DEPTH)
    hashable, too_deep = ("x",), ("x",)
    for _ in range(MAX_DEPTH - 2):
        hashable = (hashable,)  # type: ignore[assignment]
    for _ in range(MAX_DEPTH - 1):
        too_deep = (too_deep,)  # type: ignore[assignment]
    fits, not_fits, items = {
        "key": ({hashable: 1}, {too_deep: 1}, MAX_DEPTH + 2),
        "value": ({1: deep}, {1: deeper}, MAX_DEPTH + 2),
        "tuple": ((deep,), (deeper,), MAX_DEPTH + 1),
        "set": ({hashable}, {too_deep}, MAX_DEPTH + 1),
        "frozenset": (frozenset({hashable}), frozenset({too_deep}), MAX_DEPTH + 1),
        "struct": (
            LocationConflict(level="", kept="", lost=deep),
            LocationConflict(level="", kept="", lost=deeper),
            MAX_DEPTH + 3,
        ),
    }[kind]
    assert check_value(fits) == items
    with pytest.raises(TemplateError, match="nesting of a value"):
        check_value(not_fits)


def test_integers_are_held_to_their_bits_exactly() -> None:
    """Either sign; and no other value is any of its business."""
    for value in (2**MAX_BITS - 1, 1 - 2**MAX_BITS, 1e300, "x", None):
        assert check_number(value) is value
    for value in (2**MAX_BITS, -(2**MAX_BITS)):
        with pytest.raises(TemplateError, match="An integer is over the limit of 256 bits"):
            check_number(value)


@pytest.mark.parametrize("template", ["{{ .v % 7 }}", "{{ 7 % .v }}", "{{ .v - .v }}"])
def test_an_integer_of_the_scope_is_measured_before_it_is_reckoned_with(template: str) -> None:
    """However small the result: it is the way there that takes long."""
    assert render_template(template, {"v": 2**MAX_BITS - 1}) in (0, 1, 7)
    with pytest.raises(TemplateError, match="An integer is over the limit of 256 bits"):
        render_template(template, {"v": 2**MAX_BITS})


@pytest.mark.parametrize(
    "template", ["a {{ .v }}", "{{ .v | upper }}", "{{ [.v] | tojson }}", "{{ .v ~ '' }}"]
)
def test_an_integer_of_the_scope_is_measured_before_it_is_written(template: str) -> None:
    """Its digits take time that grows with its square: ten thousand long ones take seconds."""
    assert "9" in render_template(template, {"v": 10**76 - 1})
    with pytest.raises(TemplateError, match="An integer is over the limit of 256 bits"):
        render_template(template, {"v": 10**400})
    assert render_template("{{ .v }}", {"v": 10**400}) == 10**400  # passed on, it costs nothing


def test_the_text_of_a_value_is_measured_unless_it_is_surely_short() -> None:
    """A scalar is as long as it is; a container may be any length."""
    assert [text_of(v) for v in ("x", 1, True, 1.5, None, [1])] == [
        "x",
        "1",
        "True",
        "1.5",
        "None",
        "[1]",
    ]
    assert text_of("x" * (MAX_TEXT + 1))  # who joins it counts it
    with pytest.raises(TemplateError):
        text_of([0] * MAX_ITEMS)


@pytest.mark.parametrize("tail", ["{{ .a }}", "{{ .a | upper }}"])
def test_a_source_is_held_to_its_length_exactly(tail: str) -> None:
    """On either road."""
    room = MAX_SOURCE - len(tail)
    assert render_template("x" * room + tail, {"a": "b"}).lower() == "x" * room + "b"
    with pytest.raises(TemplateError, match="The template is over the limit of 65,536 characters"):
        render_template("x" * (room + 1) + tail, {"a": "b"})


@pytest.mark.parametrize("template", ["{{ .a }}{{ .b }}", "{{ .a }}{{ .b | upper }}"])
def test_a_text_is_held_to_its_length_exactly(template: str) -> None:
    """Of what a template gives, on either road."""
    scope = {"a": "x" * (MAX_TEXT - 1), "b": "y"}
    assert len(render_template(template, scope)) == MAX_TEXT
    with pytest.raises(TemplateError, match="A text the template builds"):
        render_template(template, {**scope, "b": "yy"})
