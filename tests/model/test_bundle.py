"""Variable bundles: tiers, reserved keys, no sharing with the maker's dicts."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import pytest

from fsmv2.errors import VariableError
from fsmv2.model import VariableBundle


def test_flatten_puts_user_on_top_and_nests_the_other_tiers() -> None:
    """Section 2: user keys at top level, `global` and `internal` nested."""
    bundle = VariableBundle(user={"IP": "10.0.0.1"}, global_={"g": 1}, internal={"id": "a/b"})
    assert bundle.flatten() == {"IP": "10.0.0.1", "global": {"g": 1}, "internal": {"id": "a/b"}}
    assert bundle.scope() == bundle.flatten()


def test_empty_tiers_are_absent() -> None:
    """An empty tier leaves no key behind."""
    assert VariableBundle(user={"A": 1}, global_={}).flatten() == {"A": 1}
    assert VariableBundle().flatten() == {}
    assert VariableBundle().scope() == {}


@pytest.mark.parametrize("key", ["global", "internal"])
def test_a_reserved_user_key_is_refused_by_name(key: str) -> None:
    """The error names the key."""
    with pytest.raises(VariableError, match=f"'{key}' is reserved") as caught:
        VariableBundle(user={key: {}})
    assert caught.value.path == key


@pytest.mark.parametrize("tier", ["user", "global_", "internal"])
@pytest.mark.parametrize("key", [1, None, "", True])
def test_names_that_are_not_text_are_refused(tier: str, key: object) -> None:
    """Also YAML's numbers and booleans, in each tier."""
    with pytest.raises(VariableError, match="is not text"):
        VariableBundle(**{tier: {key: 1}})


def test_a_tier_that_is_no_mapping_is_refused() -> None:
    """The error names the tier and what was given."""
    with pytest.raises(VariableError, match="The global variables are a list"):
        VariableBundle(global_=["a"])  # type: ignore[arg-type]


def test_a_bundle_does_not_change_with_the_dicts_it_was_made_of() -> None:
    """Neither through the maker's dicts nor through `flatten()`."""
    user = {"l": [1], "d": {"x": (1, [2])}, "s": {1}}
    fleet = {"rate": 1}
    bundle = VariableBundle(user, fleet)
    user["l"].append(2)  # type: ignore[attr-defined]
    user["d"]["x"][1].append(3)  # type: ignore[index]
    user["s"].add(2)  # type: ignore[attr-defined]
    fleet["rate"] = 2
    bundle.flatten()["global"]["rate"] = 3
    assert bundle == VariableBundle({"l": [1], "d": {"x": (1, [2])}, "s": {1}}, {"rate": 1})


def test_the_trusted_constructor_shares() -> None:
    """100,000 workers share one global mapping."""
    user, fleet, own = {"a": 1}, {"b": 2}, {"id": "x"}
    bundle = VariableBundle.trusted(user, fleet, own)
    assert bundle.user is user
    assert bundle.global_ is fleet
    assert bundle.internal is own


def test_bundles_survive_pickle_and_deepcopy() -> None:
    """Equality is by value."""
    bundle = VariableBundle({"a": [1]}, {"b": 2}, {"id": "x"})
    assert pickle.loads(pickle.dumps(bundle)) == bundle  # noqa: S301  (our own bytes)
    assert copy.deepcopy(bundle) == bundle


def test_variables_that_hold_themselves_are_refused() -> None:
    """They could be neither copied nor written."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(VariableError, match="nested too deeply"):
        VariableBundle({"a": loop})


def test_a_bundle_is_frozen() -> None:
    """Fields cannot be set."""
    with pytest.raises(AttributeError):
        VariableBundle().user = {}  # type: ignore[misc]


def test_what_nests_too_deeply_is_refused_however_deep_calls_may_go() -> None:
    deep: Any = []
    for _ in range(2_000):
        deep = [deep]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)  # as a program may that fsmv2 is a part of
    try:
        with pytest.raises(VariableError, match="nested too deeply"):
            VariableBundle({"a": deep})
    finally:
        sys.setrecursionlimit(before)
