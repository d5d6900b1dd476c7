"""A plan as data: its summary, what it touches and removes, and a digest of what it would do."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2.operate.changes.change_plan import (
    ChangePlan,
    FieldChange,
    RestartKey,
    VariableChange,
    WorkerChange,
    with_digest,
)

ADDED = WorkerChange(path="plant/new", type="bridge", action="add", why="declared")
GONE = WorkerChange(path="plant/old", type="bridge", action="remove", why="no longer declared")
AGAIN = WorkerChange(
    path="plant/filler/read",
    type="dataflow",
    action="recreate",
    why="its rendered config changed",
    config=(FieldChange(field="input.address", before="10.0.0.1:502", after="10.0.0.2:502"),),
)
IN_PLACE = WorkerChange(path="plant/filler", type="bridge", action="reconfigure")


def test_the_disruption_is_one_line() -> None:
    plan = ChangePlan(workers=(ADDED, GONE, AGAIN, IN_PLACE), untouched=412)
    assert plan.summary == "adds 1, removes 1, restarts 1, reconfigures 1, 412 untouched"
    assert ChangePlan(untouched=3).summary == "touches no worker, 3 untouched"


def test_it_says_how_many_keys_need_a_restart() -> None:
    key = RestartKey(key="agent.name", before="a", after="b", why="it is the root of every path")
    assert ChangePlan(needs_restart=(key,)).summary == "1 key needs a restart, 0 untouched"
    assert "2 keys need a restart" in ChangePlan(needs_restart=(key, key)).summary


def test_what_is_removed_is_not_among_what_is_touched() -> None:
    plan = ChangePlan(workers=(ADDED, GONE, AGAIN, IN_PLACE))
    assert plan.removes == ("plant/old",)
    assert plan.touched == ("plant/new", "plant/filler/read", "plant/filler")


@pytest.mark.parametrize(
    "plan",
    [
        ChangePlan(workers=(ADDED,)),
        ChangePlan(variables=(VariableChange(path="plant", name="IP"),)),
        ChangePlan(secrets=("env:PASSWORD: changed",)),
        ChangePlan(settings=(FieldChange(field="log.level", before="info", after="debug"),)),
        ChangePlan(needs_restart=(RestartKey(key="agent.name", before="a", after="b", why="."),)),
    ],
)
def test_each_kind_of_change_is_one(plan: ChangePlan) -> None:
    assert plan.changes


def test_another_text_alone_is_no_change() -> None:
    assert not ChangePlan(same_text=False, untouched=4).changes


def test_the_digest_is_of_what_would_be_done_and_not_of_the_words_for_it() -> None:
    plan = with_digest(ChangePlan(workers=(AGAIN,), untouched=4))
    other_words = msgspec.structs.replace(AGAIN, why="another reason")
    same = ChangePlan(workers=(other_words,), untouched=5, generation=7, digest="abc")
    assert len(plan.actions_digest) == 64
    assert with_digest(same).actions_digest == plan.actions_digest
    for other in (
        ChangePlan(workers=(AGAIN, GONE)),
        ChangePlan(workers=(msgspec.structs.replace(AGAIN, config=()),)),
        ChangePlan(workers=(msgspec.structs.replace(AGAIN, overrides=("paused by ann",)),)),
        ChangePlan(workers=(AGAIN,), secrets=("env:PASSWORD: changed",)),
    ):
        assert with_digest(other).actions_digest != plan.actions_digest


def test_it_survives_json() -> None:
    plan = with_digest(ChangePlan(workers=(AGAIN, GONE), untouched=4, generation=3))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=ChangePlan) == plan
