"""What templates mean: the leading dot, types, strictness, literal braces, places in errors."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from plc_scope import BUNDLE, SCOPE, Inner

import fsmv2.model.template.render
from fsmv2.errors import TemplateError, UndefinedVariableError
from fsmv2.model import (
    RenderCache,
    Template,
    render_template,
    template_references,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .IP }}:{{ .PORT }}", "10.0.0.1:502"),
        ("{{ IP }}", "10.0.0.1"),
        ("{{.IP}}", "10.0.0.1"),
        ("{{ .PORT }}", 502),
        ("{{- .PORT -}}", 502),
        ("{# a comment #}{{ .PORT }}", 502),
        (" {{ .PORT }}", " 502"),
        ("{{ .PORT }}\n", "502\n"),
        ("{{ .l }}", [1, 2, 3]),
        ("{{ .on }}", True),
        ("{{ none }}", None),
        ("{{ .on }} {{ none }} {{ .l }}", "True None [1, 2, 3]"),
        ("{{ .global.rate }}", "500ms"),
        ("{{ .global.items }}", "G"),
        ("{{ .d.keys }}", "K"),
        ("{{ .internal.id }}", "agent/x"),
        ("{{ .location.0 }}/{{ .location.site }}", "acme/cologne"),
        ("{{ .location.0 | upper }}", "ACME"),
        ("{{ .d.0 }}{{ .d.1 }}{{ .d[1] }}", "zerooneone"),
        ("{{ .d['a'].b }}", 1.5),
        ("{{ .d.a['b'] }}", 1.5),
        ("{{ .l[0] }}{{ .l[-1] }}{{ .l.1 }}", "132"),
        ("{{ .l[-3] }}", 1),
        ("{{ .l[1:] }}", [2, 3]),
        ("{{ .l[1:][0] }}", 2),
        ("{{ .l[::.l[1]] }}", [1, 3]),
        ("{{ .l[.l[0]] }}", 2),
        ("{{ .d['a' ~ ''].b }}", 1.5),
        ("{{ .IP[0] }}", "1"),
        ("{{ {'a': {'b': .PORT}}.a.b }}", 502),
        ("{{ [.PORT, 'x', (1, 2)] }}", [502, "x", (1, 2)]),
        ("{{ ('a', .IP)[1] }}", "10.0.0.1"),
        ("{{ .not }}", "n"),
        ("{{ .true }}{{ .self }}", "ts"),
        ("{{ self }}", "s"),
        ("{{ not .on }}", False),
        ("{{ true }}", True),
        ("{{ .on and .off or .on }}", True),
        ("{{ 1 + 1.5 }}", 2.5),
        ("{{ 7 // 2 - 1 * 3 }}", 0),
        ("{{ 7 % 4 / 2 }}", 1.5),
        ("{{ -.PORT }}", -502),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ .l + [4] }}", [1, 2, 3, 4]),
        ("{{ .IP ~ ':' ~ .PORT }}", "10.0.0.1:502"),
        ("{{ 'a.b .c' }}", "a.b .c"),
        ("{{ .PORT in [502] }}", True),
        ("{{ 1 < .PORT < 1000 }}", True),
        ("{{ 'x' if .on else 'y' }}", "x"),
        ("{{ 'x' if .off }}", ""),
        ("{% if .on and .PORT > 3 %}y{% else %}n{% endif %}", "y"),
        ("{% if .off %}a{% elif .on %}b{% endif %}", "b"),
        ("{% for i in .l %}{{ i }}{{ .i }}{{ loop.index }};{% endfor %}", "111;222;333;"),
        ("{% for k in .global %}{{ k }},{% endfor %}", "items,rate,"),
        ("{% for k, v in .global | items %}{{ k }}={{ v }},{% endfor %}", "items=G,rate=500ms,"),
        ("{% for i in .l if .on and i > 1 %}{{ i }}{% endfor %}", "23"),
        ("{% for i in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for i in range(2) %}{{ i }}{% endfor %}", "01"),
        ("{{ range(1, 6, 2) }}", [1, 3, 5]),
        ("{% set x = .PORT %}{{ x + 1 }}", "503"),
        ("{% if .off %}{% set IP = 1 %}{% endif %}{{ .IP }}", "10.0.0.1"),
        ("{% with x = .PORT %}{{ .x }}{% endwith %}", "502"),
        ("a\r\n{{ .IP | upper }}\r\n", "a\r\n10.0.0.1\r\n"),
        (" {%- if .on %} x {%- endif -%} \n y", " xy"),
        ("{% raw -%} {{ .x }} {%- endraw -%} !", "{{ .x }}!"),
        ("a {#- c -#} b", "ab"),
        ("{{ .word }}", "unknown"),
        ("", ""),
        ('{"host": {{ .PORT }}}', '{"host": 502}'),
    ],
)
def test_templates_render(template: str, expected: Any) -> None:
    """Value and type; from `flatten()` and from the bundle alike."""
    for scope in (SCOPE, BUNDLE):
        result = render_template(template, scope)
        assert result == expected
        assert type(result) is type(expected)


class Point(NamedTuple):
    """A tuple with names."""

    x: Any
    y: Any


def test_structures_keep_their_shape() -> None:
    """Dicts, lists, tuples, structs field by field, other mappings; keys untouched."""
    template = {
        "{{ .IP }}": ["{{ .PORT }}", ("{{ .IP }}", 1), Point("{{ .PORT }}", None)],
        "s": Inner("{{ .IP }}", "{{ .PORT }}"),
        "m": MappingProxyType({"k": "{{ .PORT }}"}),
        "plain": [1, 2.0, None, True, b"{{", {"x": "y"}],
    }
    assert render_template(template, SCOPE) == {
        "{{ .IP }}": [502, ("10.0.0.1", 1), Point(502, None)],
        "s": Inner("10.0.0.1", 502),
        "m": {"k": 502},
        "plain": [1, 2.0, None, True, b"{{", {"x": "y"}],
    }


class Text(str):
    """A text of another class."""

    __slots__ = ()


def test_text_of_a_subclass_is_rendered() -> None:
    assert render_template([Text("{{ .PORT }}"), Text("a")], SCOPE) == [502, "a"]


def test_structs_can_be_read_like_mappings() -> None:
    """By field; a method of theirs is no field."""
    scope = {"s": Inner("h", 1)}
    assert render_template("{{ .s.host }}{{ .s.port | string }}", scope) == "h1"
    assert render_template("{{ .m.k }}", {"m": MappingProxyType({"k": 1})}) == 1
    with pytest.raises(UndefinedVariableError, match="Known: host, port"):
        render_template("{{ .s.__class__ }}", scope)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ({"connection": {"port": "{{ .x }}"}}, "doc.connection.port"),
        ({"r": [{"name": "a"}, {"name": "{{ .x | upper }}"}]}, "doc.r[1].name"),
        ([("a", "{{ .IP")], "doc[0][1]"),
        (Inner("{{ .x }}", 1), "doc.host"),
        ("{{ .x }}", "doc"),
    ],
)
def test_an_error_carries_the_place_in_the_structure(template: Any, path: str) -> None:
    """With the name of the template before it, if one is given."""
    with pytest.raises(TemplateError) as caught:
        render_template(template, SCOPE, path="doc")
    assert caught.value.path == path
    with pytest.raises(TemplateError) as caught:
        render_template(template, SCOPE)
    assert caught.value.path == path.removeprefix("doc").removeprefix(".")


def test_a_result_shares_nothing_with_scope_or_template() -> None:
    """A worker that changes its config changes nobody else's."""
    scope, template = {"l": [1]}, {"a": ["{{ .l }}", "{{ (.l) }}", [0]]}
    result = render_template(template, scope)
    for i in range(3):
        result["a"][i].append(9)
    assert scope == {"l": [1]}
    assert template == {"a": ["{{ .l }}", "{{ (.l) }}", [0]]}


def test_a_syntax_error_has_its_place() -> None:
    """Line and column of the token."""
    with pytest.raises(TemplateError) as caught:
        render_template("a\nb {{ .IP | }}", SCOPE)
    assert (caught.value.line, caught.value.column) == (2, 12)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .l | map('string') | join(',') }}", "1,2,3"),
        ("{{ .IP | replace('.', '-') }}", "10-0-0-1"),
        ("{{ .IP | replace('.', '-', 1) }}", "10-0.0.1"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ 'a\n\nb' | indent(1, true) }}", " a\n\n b"),
        ("{{ 'ab' | center(6) }}", "  ab  "),
        ("{{ 2.567 | round(1) }}", 2.6),
        ("{{ .l | sum }}", 6),
        ("{{ .d.a | tojson }}", '{"b": 1.5}'),
        ("{{ .l | select('odd') | list }}", [1, 3]),
        ("{{ .l | select('even') | first }}", 2),
        ("{{ 9 is divisibleby(3) }}", True),
        ("{{ [{'a': 1}, {'a': 2}] | map(attribute='a') }}", [1, 2]),
        ("{{ [{'a': 2}, {'a': 1}] | sort(attribute='a') | last }}", {"a": 2}),
        ("{{ .l | map('string') }}!", "['1', '2', '3']!"),
        ("{{ '7' | int + 1 }}", 8),
        ("{{ 'a b' | urlencode }}", "a%20b"),
        ("{{ [1, 1, 2] | unique | list }}", [1, 2]),
        ("{{ .l | max }}{{ .l | length }}", "33"),
        ("{{ .l | reverse | list }}", [3, 2, 1]),
    ],
)
def test_filters(template: str, expected: Any) -> None:
    """Jinja's and the bounded ones, each in an ordinary use."""
    assert render_template(template, SCOPE) == expected


def test_a_compiled_template_is_its_own() -> None:
    """A later change of the structure does not reach it."""
    structure = {"a": ["{{ .PORT }}"]}
    template = Template.compile(structure)
    structure["a"].append("{{ .IP }}")
    assert template.render(SCOPE) == {"a": [502]}
    with pytest.raises(UndefinedVariableError) as caught:
        template.render({}, path="t")
    assert caught.value.path == "t.a[0]"
    with pytest.raises(UndefinedVariableError) as caught:
        template.render({})
    assert caught.value.path == "a[0]"


def test_a_broken_template_is_refused_when_compiled() -> None:
    """With its place."""
    for path, expected in (("t", "t.a[0]"), ("", "a[0]")):
        with pytest.raises(TemplateError) as caught:
            Template.compile({"a": ["{{ .PORT"]}, path=path)
        assert caught.value.path == expected


def test_a_render_is_skipped_when_its_inputs_are_unchanged() -> None:
    """The same object comes back; also when values are equal but made anew."""
    template = Template.compile({"a": "{{ .IP }}", "g": "{{ .global.rate }}", "l": "{{ .l }}"})
    cache = RenderCache()
    first = cache.render(template, SCOPE)
    again = {**BUNDLE.flatten(), "l": [1, 2, 3], "IP": "".join(["10.0", ".0.1"]), "other": 5}
    assert cache.render(template, again) is first
    assert cache.render(template, BUNDLE) is first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ([1], [True]),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"b": 1}),
        ("a", "b"),
        (b"a", b"b"),
        (1.5, 2.5),
        (True, False),
    ],
)
def test_a_changed_input_is_rendered(before: Any, after: Any) -> None:
    """Also one that is equal but of another type or order: it would render differently."""
    template = Template.compile("v {{ .v }}")
    cache = RenderCache()
    assert cache.render(template, {"v": before}) == f"v {before}"
    assert cache.render(template, {"v": after}) == f"v {after}"


@pytest.mark.parametrize(
    "text", ["1.5", "nan", "[None, True, b'x', 1.5]", "{'a': {'b': 1.5}, 'c': (1,)}"]
)
def test_an_equal_input_is_none_that_changed(text: str) -> None:
    """Though it is another object, in each part of it."""
    first, again = (eval(text, {"nan": float(name)}) for name in ("nan", "NaN"))  # noqa: S307
    template, cache = Template.compile("{{ .v }}!"), RenderCache()
    assert cache.render(template, {"v": first}) is cache.render(template, {"v": again})


def test_a_variable_that_went_away_is_missed() -> None:
    """Also one that was none."""
    template, cache = Template.compile("{{ .v }}"), RenderCache()
    assert cache.render(template, {"v": None}) is None
    with pytest.raises(UndefinedVariableError):
        cache.render(template, {})


def test_a_list_changed_in_place_is_noticed() -> None:
    """The cache keeps its own copy of what it compared."""
    template, cache, scope = Template.compile("{{ .l }}"), RenderCache(), {"l": [1]}
    assert cache.render(template, scope) == [1]
    scope["l"].append(2)
    assert cache.render(template, scope) == [1, 2]


def test_the_cache_is_bounded() -> None:
    """The template first remembered goes first."""
    cache = RenderCache(size=2)
    kept = [Template.compile(f"{i} {{{{ .IP }}}}") for i in range(3)]
    results = [cache.render(template, SCOPE) for template in kept]
    assert cache.render(kept[2], SCOPE) is results[2]
    assert cache.render(kept[1], SCOPE) is results[1]
    assert cache.render(kept[0], SCOPE) is not results[0]


def test_a_render_anew_pushes_nobody_out_of_the_cache() -> None:
    """Only one that is remembered for the first time takes a place."""
    cache = RenderCache(size=2)
    first, second = (Template.compile(f"{n} {{{{ .IP }}}}") for n in "ab")
    cache.render(first, SCOPE)
    kept = cache.render(second, SCOPE)
    changed = cache.render(first, {"IP": "10.0.0.2"})
    assert changed == "a 10.0.0.2"
    assert cache.render(second, SCOPE) is kept
    assert cache.render(first, {"IP": "10.0.0.2"}) is changed


def test_the_cache_remembers_sixteen_templates_unless_it_is_told_otherwise() -> None:
    """More than a worker has."""
    cache = RenderCache()
    many = [Template.compile(f"{n} {{{{ .IP }}}}") for n in range(17)]
    results = [cache.render(template, SCOPE) for template in many[:16]]
    assert all(cache.render(t, SCOPE) is r for t, r in zip(many[:16], results, strict=True))
    cache.render(many[16], SCOPE)
    assert cache.render(many[1], SCOPE) is results[1]
    assert cache.render(many[0], SCOPE) is not results[0]


def test_a_cached_render_reads_as_deep_as_the_template_does() -> None:
    """A change beside what is read is none."""
    template, cache = Template.compile("{{ .d.a.b }}/{{ .l.1 }}"), RenderCache()
    first = cache.render(template, {"d": {"a": {"b": 1, "c": 1}}, "l": [1, 2]})
    assert cache.render(template, {"d": {"a": {"b": 1, "c": 2}}, "l": [3, 2]}) is first
    assert cache.render(template, {"d": {"a": {"b": 2, "c": 2}}, "l": [3, 2]}) == "2/2"
    with pytest.raises(UndefinedVariableError):
        cache.render(template, {"d": {}, "l": [3, 2]})


@pytest.mark.parametrize(("length", "kept"), [(8192, True), (8193, False)])
def test_a_compiled_template_is_kept_unless_its_source_is_long(length: int, kept: bool) -> None:
    """So that the cache's size has a bound."""
    source = "{{ .IP }}".ljust(length, "x")
    render_template(source, SCOPE)
    compiled = fsmv2.model.template.render._compiled.get(source)
    assert (compiled is not None) is kept
    if kept:
        render_template(source, SCOPE)
        assert fsmv2.model.template.render._compiled.get(source) is compiled


@pytest.mark.parametrize("template", ["{{ .IP }} {{ .PORT }}", "{{ .IP | upper }}{{ .PORT }}"])
def test_a_text_without_a_brace_is_not_even_compiled(template: str) -> None:
    """Nor is anything compiled twice."""
    structure = {"a": "plain } text", "b": [template, template]}
    Template.compile(structure)
    render_template(structure, SCOPE)
    assert len(fsmv2.model.template.render._compiled) == 1


def test_everything_in_a_structure_is_looked_through_for_references() -> None:
    """Also structs and tuples within mappings that are no dicts."""
    structure = MappingProxyType({"a": (Inner("{{ .x }}", 1), [{"k": "{{ .y.z | upper }}"}])})
    assert template_references(structure) == {("x",), ("y", "z")}
    assert template_references([1, None, "plain", b"{{ .x }}"]) == frozenset()


def test_subclasses_of_lists_and_tuples_stay_what_they_are() -> None:
    """A plain list is made anew, whatever it holds."""

    class Many(list[Any]):
        pass

    result = render_template([Many(["{{ .PORT }}"]), ("{{ .PORT }}",), ["a"]], SCOPE)
    assert result == [[502], (502,), ["a"]]
    assert [type(item) for item in result] == [Many, tuple, list]
