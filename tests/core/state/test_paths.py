"""Paths: each worker has one of its own, whatever its name is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmv2.core.state.paths import encode, join, parent_of

NAMES = st.text("ab/%25F", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("parent", "name", "path"),
    [
        ("", "plant", "plant"),
        ("plant", "pump", "plant/pump"),
        ("plant", "a/b", "plant/a%2Fb"),
        ("", "100%", "100%25"),
        ("plant", "%2F", "plant/%252F"),
    ],
)
def test_the_path_of_a_child(parent: str, name: str, path: str) -> None:
    assert join(parent, name) == path
    assert parent_of(path) == parent


@settings(max_examples=50, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=3))
def test_two_places_never_have_one_path(one: list[str], other: list[str]) -> None:
    paths = ["/".join(map(encode, names)) for names in (one, other)]
    assert (paths[0] == paths[1]) is (one == other)
