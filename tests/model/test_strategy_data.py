"""Groups, orders of siblings and restart policies as data: what is refused, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import SpecError
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    Group,
    UserSpec,
    desired_from_json,
    siblings_before,
    to_json,
)


def child(name: str, **options: Any) -> ChildSpec:
    return ChildSpec(name, "lamp", UserSpec(), **options)


def test_a_group_says_who_is_restarted_with_whom() -> None:
    all_, rest = Group("one_for_all", ("a", "b", "c")), Group("rest_for_one", ("a", "b", "c"))
    assert [all_.affected(n) for n in "abcd"] == [("b", "c"), ("a", "c"), ("a", "b"), ()]
    assert [rest.affected(n) for n in "abcd"] == [("b", "c"), ("c",), (), ()]
    assert [rest.before(n) for n in "abcd"] == [(), ("a",), ("a", "b"), ()]
    assert all_.before("c") == ()


@pytest.mark.parametrize(
    ("strategy", "members", "said"),
    [
        ("one_for_al", ("a", "b"), "Did you mean 'one_for_all'?"),
        ("one_for_all", ("a",), "expected at least two"),
        ("one_for_all", ("a", "b", "a"), "names 'a' twice"),
        ("one_for_all", "ab", "expected a list of names"),
    ],
)
def test_a_group_that_cannot_be_meant_is_refused(strategy: Any, members: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said.replace("?", r"\?")):
        Group(strategy, members)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"restart": "permanant"}, "Did you mean 'permanent'?"),
        ({"significant": True}, "never ends by itself"),
        ({"after": "b"}, "after of child 'a' is 'b', expected a list of names"),
        ({"requires": "b"}, "Write ['b']"),
    ],
)
def test_a_child_that_cannot_be_meant_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        child("a", **options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("children", "options", "said"),
    [
        ([child("a", after=["bb"]), child("b")], {}, "'a' starts after 'bb'"),
        ([child("a", requires=["c"]), child("b")], {}, "'a' requires 'c', which is no sibling"),
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
        ([child("a"), child("b")], {"groups": [Group("one_for_all", ("a", "x"))]}, "no child"),
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


def test_a_chain_of_siblings_longer_than_the_stack_is_followed() -> None:
    chain = [child("0"), *(child(str(n), after=[str(n - 1)]) for n in range(1, 5000))]
    assert len(DesiredState("on", chain).children_specs) == 5000  # type: ignore[arg-type]  # a list


def test_who_starts_before_whom_is_named_once() -> None:
    groups = (Group("rest_for_one", ("x", "y", "a")),)
    assert siblings_before(child("a", requires=["r", "x"], after=["r"]), groups) == ("r", "x", "y")


def test_all_of_it_survives_a_round_trip() -> None:
    desired = DesiredState(
        "on",
        (
            child("a", restart="transient", significant=True),
            child("b", after=["a"], requires=["a"], detect_only=True, restart="temporary"),
        ),
        groups=(Group("rest_for_one", ("a", "b")),),
        auto_stop="all_significant",
        escalation="restart",
    )
    assert desired_from_json(to_json(desired), lambda _: UserSpec) == desired
