"""One path of the tree: what belongs to an instance, and who may write which slot of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from lamp_tree import by_hand, device, group, light

import fsmv2.core
from fsmv2.core.state.conditions import ACTION, MANAGED
from fsmv2.core.state.override_data import Override, Overrides
from fsmv2.core.state.supervisor import WRITTEN_BY, Supervisor

CORE = Path(fsmv2.core.__file__).parent

SET_BY_ALL = {"state/supervisor", "checkpoint/restore"}
"""They make a supervisor, or begin an incarnation: every slot is set there."""

EXCEPTIONS = {
    ("life/create", "reason"): "why it could not be created, before it has any step",
}


def supervisors_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The names that hold a supervisor: what is annotated so, and what is taken from one."""
    for argument in (*function.args.args, *function.args.kwonlyargs):
        if argument.annotation is not None and "Supervisor" in ast.unparse(argument.annotation):
            yield argument.arg
    yield from ("s", "child", "parent", "top", "root", "below", "above", "other", "dependent")


def writes(source: str) -> Iterator[tuple[str, str]]:
    """The name and the slot of each `name.slot = ...`, also of chains such as `tree.root.slot`."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = set(supervisors_in(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                name = ast.unparse(node.value).rpartition(".")[2]
                if name in names and node.attr in Supervisor.__slots__:
                    yield name, node.attr


def test_a_write_is_found_in_a_chain_and_in_a_tuple() -> None:
    source = "def f(tree, made: Supervisor):\n  tree.root.stop, made.gate = 1, 2\n  tree.x.gate = 3"
    assert set(writes(source)) == {("root", "stop"), ("made", "gate")}


@pytest.mark.reads_source
def test_a_slot_is_written_by_the_file_it_belongs_to() -> None:
    owner = {slot: file for file, slots in WRITTEN_BY.items() for slot in slots}
    found, wrong = set(), []
    for file in CORE.rglob("*.py"):
        name = file.relative_to(CORE).as_posix().removesuffix(".py")
        for _, slot in writes(file.read_text()):
            found.add((name, slot))
            if name not in SET_BY_ALL and owner[slot] != name and (name, slot) not in EXCEPTIONS:
                wrong.append(f"{name} writes {slot}, which belongs to {owner[slot]}")
    assert not wrong
    assert {*EXCEPTIONS} <= found, "an exception that nobody needs"
    unused = [file for file in WRITTEN_BY if file not in {name for name, _ in found}]
    assert unused == ["state/supervisor"], "each other owner writes something"


def test_each_slot_belongs_to_one_file() -> None:
    slots = [slot for slots in WRITTEN_BY.values() for slot in slots]
    assert len(slots) == len({*slots})
    assert all((CORE / f"{file}.py").is_file() for file in WRITTEN_BY)


def test_a_new_instance_has_nothing_of_the_one_before() -> None:
    tree = by_hand(device("a"))
    light(tree, "a")
    s = tree["a"]
    tree.core.set_condition(s, ACTION, "goes on")
    tree.core.set_condition(s, MANAGED, "paused")
    s.overrides = paused = Overrides(Override("ann", "", 0.0))
    s.next_incarnation(s.registered, s.worker)
    assert (s.incarnation, s.state, s.watched_at, s.observed_at) == (2, "stopped", None, None)
    assert (s.desired, s.last_action, s.derive_due) == (None, None, True)
    assert list(s.conditions or ()) == [MANAGED], "what holds for the path stays"
    assert s.overrides is paused


@pytest.mark.parametrize("keep", [False, True])
def test_a_new_instance_has_the_children_only_if_they_are_kept(keep: bool) -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    s = tree["g"]
    s.next_incarnation(s.registered, s.worker, keep_children=keep)
    assert list(s.children) == list(s.statuses) == ["a"] * keep


def test_a_subtree_lists_parents_first() -> None:
    tree = by_hand(group("g", group("p", device("a")), device("b")))
    tree.tick()
    assert [s.path for s in tree["g"].subtree()] == ["g", "g/p", "g/b", "g/p/a"]
    assert [s.depth for s in tree["g"].subtree()] == [0, 1, 1, 2]


def test_the_variables_of_the_engine_say_where_a_worker_stands() -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    internal = tree["g/a"].internal
    assert (internal["id"], internal["name"], internal["parent_id"]) == ("g/a", "a", "g")
    assert internal["worker_type"] == "device"


def test_leaves_share_one_empty_mapping_of_children() -> None:
    """A hundred thousand leaves would have two hundred thousand empty ones."""
    tree = by_hand(group("g", device("a"), device("b")))
    tree.tick()
    assert tree["g/a"].children is tree["g/b"].statuses
    tree["g"].disown(tree["g/a"])
    assert list(tree["g"].children) == list(tree["g"].statuses) == ["b"]
