"""The agent: in trouble as soon as one of its children is, with how many, who, and why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from snapshots import ask, status

from fsmv2 import ChildStatus, VariableBundle
from fsmv2.builtin.agent import Agent, AgentSpec
from fsmv2.worker import Goto, Stay

SPEC = AgentSpec(variables=VariableBundle(internal={"id": "plant"}))
WELL = status("active", "running", kind="bridge")
SICK = status("degraded_connection", "degraded", "connection refused", kind="bridge")
BACK = msgspec.structs.replace(WELL, in_trouble=True)
BEGINS = status("starting_flow", "starting", kind="bridge")
BROKER = status("active", "running", kind="broker")
EXITED = status("failed", "failed", "exit code 3", kind="process")


def situation(state: str, **children: ChildStatus) -> Any:
    return ask(Agent(), state, spec=SPEC, children=children)


@pytest.mark.parametrize(
    ("children", "reason"),
    [
        (
            {"a": SICK, "b": WELL, "broker": BROKER},
            "1 of 2 bridges is in trouble: a: connection refused",
        ),
        ({"a": SICK, "broker": BROKER}, "1 of 1 bridge is in trouble: a: connection refused"),
        ({"p": EXITED, "a": WELL}, "1 of 1 process is in trouble: p: exit code 3"),
        (
            {"a": SICK, "p": EXITED, "b": WELL},
            "2 of 3 children are in trouble: a: connection refused; also p",
        ),
        (
            {"a": BACK, "b": SICK},
            "2 of 2 bridges are in trouble: b: connection refused; also a",
        ),
        (
            {"a": BACK, "b": WELL},
            "1 of 2 bridges is in trouble: a: healthy again, but only recently: because",
        ),
        (
            {**dict.fromkeys("abcdef", SICK), "g": WELL},
            "6 of 7 bridges are in trouble: a: connection refused; also b, c, d and 2 more",
        ),
    ],
)
def test_it_is_degraded_while_a_child_is_in_trouble(
    children: dict[str, ChildStatus], reason: str
) -> None:
    moved = situation("running", **children)
    assert isinstance(moved, Goto)
    assert (moved.state, moved.reason) == ("degraded", reason)
    assert situation("degraded", **children) == Stay(reason)


def test_it_runs_when_all_are_well_or_on_their_way() -> None:
    assert situation("running", a=WELL, b=BEGINS) == Stay("1 of 2 children healthy; 1 starting")
    back = situation("degraded", a=WELL, b=WELL)
    assert (back.state, back.reason) == ("running", "2 of 2 children healthy")
