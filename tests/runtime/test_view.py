"""Pictures of a tree: in order, found by path and by type."""

from __future__ import annotations

import asyncio

import pytest
from lamp_tree import Device, World, device, group, simulate

from fsmv2.runtime.view import SLICE, view_tree, view_tree_in_slices


def test_parents_come_before_their_children_in_the_order_of_declaration() -> None:
    with simulate(World(), group("g", device("b"), group("a", device("c")))) as sim:
        sim.run(1)
        view = view_tree(sim.core)
    assert [node.path for node in view.nodes] == ["g", "g/b", "g/a", "g/a/c"]


def test_a_node_is_found_by_its_path_and_by_its_type() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(1)
        view = view_tree(sim.core)
    assert view["g/a"].path == "g/a"
    assert view.get("g/b") is None
    with pytest.raises(KeyError):
        view["g/b"]
    assert view.of_type("device") == view.of_type(Device) == (view["g/a"],)


def test_in_slices_a_large_tree_is_pictured_whole() -> None:
    names = [f"d{number}" for number in range(2 * SLICE + 1)]
    with simulate(World(), group("g", *map(device, names))) as sim:
        sim.run(1)
        sliced = asyncio.run(view_tree_in_slices(sim.core))
        assert [node.path for node in sliced.nodes] == ["g", *(f"g/{name}" for name in names)]
