"""Who may write which slot of a supervisor, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import fsmv2.core
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
