"""What a declaration would become: the same core decides, and nothing is carried out."""

from __future__ import annotations

from lamp_tree import World, device, factory_for, group

from fsmv2 import ChildSpec, UserSpec
from fsmv2.runtime import expand


def test_the_whole_tree_is_there_parents_first_and_nothing_was_run() -> None:
    nodes = expand(group("g", device("a"), group("h", device("b"))), factory_for(World()))
    assert [(node.path, node.depth) for node in nodes] == [
        ("g", 0),
        ("g/a", 1),
        ("g/h", 1),
        ("g/h/b", 2),
    ]
    assert not any(node.problem for node in nodes)


def test_a_worker_that_cannot_be_created_bears_the_reason_and_hides_no_other() -> None:
    nodes = expand(
        group("g", ChildSpec("x", "unheard", UserSpec()), device("a")), factory_for(World())
    )
    problems = {node.path: node.problem for node in nodes}
    assert "unheard" in problems["g/x"]
    assert problems["g/a"] == ""
