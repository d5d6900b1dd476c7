"""DesiredState: what its constructor takes and refuses."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from fsmv2.errors import SpecError
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    Group,
    UserSpec,
)


class LampSpec(UserSpec):
    """What an author writes: no options to repeat."""

    pin: int
    label: str = ""


def test_lists_become_tuples() -> None:
    """Authors write lists; what is frozen holds tuples."""
    child = ChildSpec("a", "light", LampSpec(pin=1), depends_on=["b"])  # type: ignore[arg-type]
    assert child.depends_on == ("b",)
    desired = DesiredState("on", [child])  # type: ignore[arg-type]
    assert desired.children_specs == (child,)
    assert desired == DesiredState("on", (child,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"state": ""}, "desired state is ''"),
        ({"state": None}, "desired state is None"),
        ({"children_specs": 3}, "children_specs is a int"),
        ({"children_specs": ["a"]}, "children_specs holds a str"),
        ({"hold_reason": 3}, "hold_reason is 3"),
    ],
)
def test_a_desired_state_of_wrong_parts_is_refused(arguments: dict[str, Any], message: str) -> None:
    """What a derive returns is checked where it is made."""
    with pytest.raises(SpecError, match=message):
        DesiredState(**{"state": "on", **arguments})


class Client:
    """No data."""


@dataclasses.dataclass
class Settings:
    """Data."""

    inner: Any


@pytest.mark.parametrize(
    ("config", "place"),
    [
        (Client(), "config"),
        ({"a": [Client()]}, "config.a[0]"),
        (Settings({"x": Client()}), "config.inner.x"),
    ],
)
def test_a_config_that_holds_an_object_is_refused_at_its_place(config: Any, place: str) -> None:
    """By name: it could not be stored, compared or shown."""
    with pytest.raises(SpecError, match=r"an object of the class test_desired\.Client") as caught:
        DesiredState("running", config=config)
    assert caught.value.path == place


def test_a_config_may_be_any_data() -> None:
    for config in ({"a": [1, b"x", {2}, (None,)]}, Settings("x"), LampSpec(pin=1), "x", 1):
        assert DesiredState("running", config=config).config == config
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(SpecError, match="nested too deeply"):
        DesiredState("running", config=loop)


def child(name: str, **options: Any) -> ChildSpec:
    return ChildSpec(name, "lamp", UserSpec(), **options)


@pytest.mark.parametrize(
    ("children", "options", "said"),
    [
        ([child("a", after=["bb"]), child("b")], {}, "'a' starts after 'bb'"),
        (
            [child("a", requires=["c"]), child("b")],
            {},
            "'a' requires 'c', which is not its sibling",
        ),
        (
            [child("a", after=["b"]), child("b", requires=["c"]), child("c", after=["a"])],
            {},
            "a → b → c → a",
        ),
        ([child("a", after=["a"])], {}, "a → a"),
        (
            [child("a", after=["b"]), child("b")],
            {"groups": [Group("rest_for_one", ("a", "b"))]},
            "a → b → a",
        ),
        ([child("a"), child("b")], {"groups": [Group("one_for_all", ("a", "x"))]}, "not a child"),
        (
            [child(n) for n in "abc"],
            {"groups": [Group("one_for_all", ("a", "b")), Group("rest_for_one", ("b", "c"))]},
            "'b' is in two groups",
        ),
        ([child("a")], {"groups": ["a"]}, "groups holds a str"),
        ([child("a", restart="transient", significant=True)], {}, "auto_stop is never"),
        ([child("a")], {"auto_stop": "any_significant"}, "no child is significant"),
        ([child("a")], {"auto_stop": "any"}, "expected one of never"),
        ([child("a")], {"escalation": "restarts"}, "Did you mean 'restart'?"),
    ],
)
def test_a_desired_state_that_cannot_be_meant_is_refused(
    children: list[ChildSpec], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        DesiredState("on", tuple(children), **options)
    assert said in str(caught.value)
