"""Laws of variables, locations and rendering, for all inputs hypothesis can think of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsmv2.document import desired_from_yaml
from fsmv2.errors import LocationError, TemplateError, UndefinedVariableError
from fsmv2.model import (
    ENGINE_KEYS,
    LEVELS,
    ChildSpec,
    DesiredState,
    UserSpec,
    VariableBundle,
    check_name_part,
    clean_name_part,
    compute_location_path,
    desired_from_json,
    inherit_variables,
    location_variables,
    merge_locations,
    normalise_location,
    render_template,
    to_json,
    to_yaml,
    with_engine_keys,
)
from fsmv2.model.template.jinja_template import compile_jinja
from fsmv2.model.template.reference_templates import compile_fast

# No deadline and no hurry: the machine that runs this may be busy.
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=80)

keys = st.sampled_from(["IP", "PORT", "a", "b", "items", "not", "location"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(max_size=8),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(keys, v, max_size=3)),
    max_leaves=6,
)
users = st.dictionaries(keys, values, max_size=5)
parts = st.text("abcXYZ019-_ä", min_size=1, max_size=6).filter(lambda s: s != "unknown")
locations = st.dictionaries(st.sampled_from([*LEVELS, "5", "7"]), parts, max_size=5)


@LAW
@given(users, users, users)
def test_inheritance_is_associative_and_the_nearest_wins(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    """Three levels deep, grouped either way, each key has the value of the deepest that sets it."""
    left = inherit_variables(inherit_variables(a, b), c)
    assert left == inherit_variables(a, inherit_variables(b, c))
    for key in {*a, *b, *c}:
        assert left[key] == next(tier[key] for tier in (c, b, a) if key in tier)


@LAW
@given(users, users, users)
def test_siblings_never_see_each_other(
    parent: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    """A child's variables are the same whatever its sibling declares."""
    before = dict(inherit_variables(parent, one))
    inherit_variables(parent, other)
    assert inherit_variables(parent, one) == before


@LAW
@given(users)
def test_engine_keys_stand_above_all(user: dict[str, Any]) -> None:
    """All other keys are untouched."""
    seen = with_engine_keys(user, parent_state="s", location={}, location_path="p")
    assert (seen["parent_state"], seen["location"], seen["location_path"]) == ("s", {}, "p")
    rest = {k: v for k, v in user.items() if k not in ENGINE_KEYS}
    assert {k: v for k, v in seen.items() if k not in ENGINE_KEYS} == rest


@LAW
@given(locations, locations, locations)
def test_location_merge_is_associative_with_the_empty_location_as_unit(
    a: dict[str, str], b: dict[str, str], c: dict[str, str]
) -> None:
    """With either winner; and merging with oneself changes nothing."""
    for parent_wins in (False, True):

        def merge(x: Any, y: Any, wins: bool = parent_wins) -> Any:
            return merge_locations(x, y, parent_wins=wins)

        assert merge(merge(a, b), c) == merge(a, merge(b, c))
        assert merge(a, {}) == merge({}, a) == normalise_location(a)
        assert merge(a, a) == a
    assert merge_locations(a, b) == merge_locations(b, a, parent_wins=True)


@LAW
@given(locations)
def test_one_path_is_one_location(location: dict[str, str]) -> None:
    """Reading the path back gives the location: no two locations share a path."""
    path = compute_location_path(location)
    names = [*LEVELS, "5", "6", "7"]
    back = {n: p for n, p in zip(names, path.split("."), strict=False) if p not in ("unknown", "")}
    assert back == location
    assert not path.endswith(".unknown")


@LAW
@given(locations)
def test_location_variables_answer_to_name_and_number(location: dict[str, str]) -> None:
    """Through a template, both spellings give the same text."""
    scope = {"location": location_variables(location)}
    for i, level in enumerate(LEVELS):
        if level in location:
            assert render_template(f"{{{{ .location.{i} }}}}", scope) == location[level]
            assert render_template(f"{{{{ .location.{level} }}}}", scope) == location[level]


@LAW
@given(st.text(max_size=12))
@example("a b/c")
@example(" . ")
def test_a_proposed_name_is_a_good_name(text: str) -> None:
    """What `check_name_part` refuses, it can be given cleaned; what it accepts stays."""
    try:
        kept = check_name_part(text, "name")
    except LocationError as error:
        cleaned, fix = clean_name_part(text), error.fix
    else:
        assert kept == text.strip()
        return
    if cleaned:
        assert check_name_part(cleaned, "name") == cleaned
        assert cleaned in fix


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


names = st.sampled_from(
    [
        "IP",
        "a",
        "b",
        "items",
        "missing",
        ".IP",
        ".a",
        ".a.b",
        ".a.missing",
        ".a.0",
        ".b.1",
        ".not",
        "a.items",
        ".IP.x",
        ".global.a",
        "global.b",
        ".internal.id",
        ".PORT.0.a",
        ".true",
        ".self",
    ]
)
texts = st.text(" ab{}%#\n\r.é'\"", max_size=6).filter(
    lambda t: not any(x in t for x in ("{{", "{%", "{#"))
)
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


class Station(msgspec.Struct, frozen=True):
    """A struct in a spec that holds a child, too."""

    child: ChildSpec


class Pump(UserSpec):
    """A spec with fields of its own, children to declare among them."""

    rpm: int = 0
    spare: ChildSpec | None = None
    parts: tuple[ChildSpec, ...] = ()
    named: Mapping[str, ChildSpec] = msgspec.field(default_factory=dict)
    inner: tuple[Station, ...] = ()


printable = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
children = st.builds(
    ChildSpec,
    printable,
    st.just("pump"),
    st.builds(
        lambda rpm, user, fleet, where: Pump(
            rpm=rpm, variables=VariableBundle(user, fleet), location=normalise_location(where)
        ),
        st.integers(-(2**53), 2**53),
        users,
        users,
        locations,
    ),
    state_mapping=st.dictionaries(printable, printable, max_size=3),
    enabled=st.booleans(),
    depends_on=st.lists(printable, max_size=2).map(tuple),
    discovered=st.booleans(),
    restart=st.sampled_from(["permanent", "transient", "temporary"]),
    detect_only=st.booleans(),
)
yaml_safe = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=10)


def holding(parts: st.SearchStrategy[ChildSpec]) -> st.SearchStrategy[ChildSpec]:
    """Children whose user specs hold such children, in each way a field may."""
    return st.builds(
        lambda name, spare, many, named, inner: ChildSpec(
            name,
            "pump",
            Pump(
                rpm=1,
                spare=spare,
                parts=tuple(many),
                named=named,
                inner=tuple(Station(c) for c in inner),
            ),
        ),
        printable,
        st.none() | parts,
        st.lists(parts, max_size=2),
        st.dictionaries(printable, parts, max_size=2),
        st.lists(parts, max_size=1),
    )


@settings(LAW, max_examples=20)
@given(st.lists(holding(holding(children)), max_size=1))
def test_children_inside_user_specs_round_trip(found: list[ChildSpec]) -> None:
    """However deep: each with the spec type of its worker type, and its variables."""
    desired = DesiredState("running", tuple(found))
    assert desired_from_json(to_json(desired), lambda _type: Pump) == desired
    assert desired_from_yaml(to_yaml(desired), lambda _type: Pump) == desired


@LAW
@given(
    st.builds(
        DesiredState,
        printable,
        st.lists(children, max_size=3),
        config=st.one_of(st.none(), st.dictionaries(yaml_safe, st.integers(0, 9), max_size=3)),
        hold_reason=st.none() | yaml_safe,
    )
)
def test_a_desired_state_round_trips(desired: DesiredState) -> None:
    """Through JSON and YAML, children and their typed specs included."""
    assert desired_from_json(to_json(desired), lambda _type: Pump) == desired
    assert desired_from_yaml(to_yaml(desired), lambda _type: Pump) == desired
