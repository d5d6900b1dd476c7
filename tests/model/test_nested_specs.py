"""Child specs inside a user spec: made wherever the type expects one, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from fsmv2 import ChildSpec, UserSpec
from fsmv2.model.nested_specs import with_children


class Station(UserSpec):
    children: tuple[ChildSpec, ...] = ()
    spare: ChildSpec | None = None
    by_name: dict[str, ChildSpec] = msgspec.field(default_factory=dict)
    pair: tuple[int, ChildSpec] | None = None
    note: str = ""


class Tree(msgspec.Struct):
    below: list[Tree] = []


def make(data: Mapping[str, Any], path: str) -> ChildSpec:
    return ChildSpec(data["name"], path.replace("[", "_").replace("]", ""), Station())


CHILD = {"name": "a"}


@pytest.mark.parametrize(
    ("field", "data", "places"),
    [
        ("children", [CHILD, CHILD], ["spec.children_0", "spec.children_1"]),
        ("spare", CHILD, ["spec.spare"]),
        ("by_name", {"x": CHILD}, ["spec.by_name.x"]),
        ("pair", [1, CHILD], ["spec.pair_1"]),
    ],
)
def test_a_child_is_made_of_its_data_at_its_place(field: str, data: Any, places: list[str]) -> None:
    found = with_children({field: data, "note": "n"}, Station, make, "spec")
    assert found["note"] == "n"
    inside = found[field]
    inside = inside.values() if field == "by_name" else [inside] if field == "spare" else inside
    made = [one for one in inside if isinstance(one, ChildSpec)]
    assert [child.worker_type for child in made] == places


def test_a_type_that_can_hold_no_child_leaves_its_data_as_it_is() -> None:
    data = {"below": [{"below": []}]}
    assert with_children(data, Tree, make, "spec") is data


@pytest.mark.parametrize("data", ["x", 5, None, [1]])
def test_what_is_no_child_is_left_for_the_decoder_to_refuse(data: Any) -> None:
    assert with_children(data, ChildSpec, make, "spec") is data


def test_entries_beyond_a_fixed_length_are_kept_for_the_decoder_to_refuse() -> None:
    found = with_children({"pair": [1, CHILD, "more"]}, Station, make, "spec")
    assert found["pair"][2] == "more"
