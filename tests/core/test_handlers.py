"""The table of contents of the core is complete: whatever can happen has its function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from lamp_tree import by_hand, device, group

import fsmv2.core
from fsmv2.core.contract.events import Event
from fsmv2.core.handlers import FOR_EACH, HANDLERS, TIMERS
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause

CORE = Path(fsmv2.core.__file__).parent


def given(function: str, at: int) -> Iterator[str]:
    """The texts that the core hands to this method as the argument at this place."""
    for file in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == function
                and isinstance(found := node.args[at], ast.Constant)
            ):
                yield found.value


@pytest.mark.reads_source
def test_every_event_has_a_handler() -> None:
    assert {*HANDLERS} == {*get_args(Event)}


@pytest.mark.reads_source
def test_every_timer_that_is_set_has_a_function_and_every_function_a_timer() -> None:
    assert {*given("set_timer", 1)} == {*TIMERS}


@pytest.mark.reads_source
def test_everything_done_for_many_has_a_function_and_is_used() -> None:
    assert {*given("for_each", 1)} == {*FOR_EACH}


def test_one_of_many_that_fails_keeps_nobody_else_from_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = by_hand(group("g", *(device(name) for name in "abc")))
    tree.tick()
    core, reached = tree.core, []

    def derive_again(s: Supervisor, cause: Cause) -> None:
        reached.append(s.name)
        if s.name == "b":
            raise ValueError("bad")

    monkeypatch.setattr(core, "derive_again", derive_again)
    core.for_each(tree["g"].children.values(), "derive", Cause("test"))
    assert reached == ["a", "b", "c"]
    assert tree["g/b"].breaker is not None
    assert tree["g/c"].breaker is None
