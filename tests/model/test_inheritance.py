"""Variables that a child takes over from its parent."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from variable_strategies import LAW, users

from fsmv2.model import (
    ENGINE_KEYS,
    inherit_variables,
    with_engine_keys,
)


def test_a_child_without_variables_shares_its_parents() -> None:
    """The same object, not an equal one."""
    parent, own = {"a": 1}, {"b": 2}
    assert inherit_variables(parent, {}) is parent
    assert inherit_variables({}, own) is own


def test_declared_keys_replace_whole() -> None:
    """H31: nothing merges deeply, and the parent's mapping stays as it was."""
    parent = {"d": {"x": 1, "y": 2}, "e": 1}
    assert inherit_variables(parent, {"d": {"x": 3}}) == {"d": {"x": 3}, "e": 1}
    assert parent == {"d": {"x": 1, "y": 2}, "e": 1}


def test_the_engines_keys_win() -> None:
    """Whatever a derive put there."""
    user = {"location": "mine", "parent_state": "mine", "location_path": "mine", "a": 1}
    seen = with_engine_keys(user, parent_state="up", location={"site": "c"}, location_path="u.c")
    assert seen == {
        "a": 1,
        "parent_state": "up",
        "location": {"site": "c"},
        "location_path": "u.c",
    }


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
