"""Laws of locations, for all inputs hypothesis can think of."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from variable_strategies import LAW, locations

from fsmv2.model import (
    LEVELS,
    compute_location_path,
    location_variables,
    merge_locations,
    normalise_location,
    render_template,
)


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
