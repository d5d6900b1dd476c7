"""A saved plan is held against what would be done by now, and what differs is named."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import RequestRefusedError
from fsmv2.operate.changes.change_plan import (
    ChangePlan,
    FieldChange,
    VariableChange,
    WorkerChange,
    with_digest,
)
from fsmv2.operate.changes.plan_difference import NAMED, refuse_unless_same


def change(path: str = "edge/a", action: Any = "recreate", **more: Any) -> WorkerChange:
    return WorkerChange(path=path, type="process", action=action, **more)


def plan(*workers: WorkerChange, **more: Any) -> ChangePlan:
    return with_digest(ChangePlan(workers=workers, **more))


def refused(planned: ChangePlan, now: ChangePlan) -> list[str]:
    with pytest.raises(RequestRefusedError) as raised:
        refuse_unless_same(planned, now)
    text = raised.value.message.partition("planned: ")[2]
    return text.removesuffix(". Nothing has changed.").split("; ")


def test_the_same_is_not_refused_whatever_its_reasons() -> None:
    refuse_unless_same(plan(change(why="since 12:00")), plan(change(why="since 13:00")))


FIELD = FieldChange(field="command", before="1", after="2")


@pytest.mark.parametrize(
    ("planned", "now", "says"),
    [
        (plan(), plan(change()), "edge/a: recreate, which was not planned"),
        (plan(change()), plan(), "edge/a: untouched, where recreate was planned"),
        (plan(change(action="stop")), plan(change()), "edge/a: recreate, where stop was planned"),
        (
            plan(change(config=(FIELD,))),
            plan(change()),
            "edge/a: recreate, with other values of command",
        ),
        (
            plan(change()),
            plan(change(overrides=("paused by ann",))),
            "edge/a: paused by ann",
        ),
        (
            plan(variables=(VariableChange(path="edge", name="IP", before="1", after="2"),)),
            plan(variables=(VariableChange(path="edge", name="IP", before="1", after="3"),)),
            "a variable that was not in the plan: edge IP: 1 → 3",
        ),
        (plan(), plan(secrets=("env:P: changed",)), "a secret that was not in the plan: env:P"),
        (plan(topics_added=("a/b",)), plan(), "a topic that was in the plan: a/b"),
    ],
)
def test_what_differs_is_named(planned: ChangePlan, now: ChangePlan, says: str) -> None:
    assert refused(planned, now)[0].startswith(says)


def test_of_many_differences_so_many_are_named() -> None:
    found = refused(plan(), plan(*[change(f"edge/{n}") for n in range(100)]))
    named = [line for line in found if line.startswith("edge/")]
    assert len(named) == NAMED
    assert f"and {100 - NAMED} more" in found
