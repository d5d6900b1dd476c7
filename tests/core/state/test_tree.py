"""The services of a tree: who has to look, what is reported, whose answer is too late."""

from __future__ import annotations

from lamp_tree import by_hand, device, group

from fsmv2 import EngineSettings
from fsmv2.core.contract.instructions import Instruction, Report
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import ByHand


def small() -> ByHand:
    """A group of two, with nobody left to be ticked."""
    tree = by_hand(group("g", device("a"), device("b")), settings=EngineSettings(causes_per_tick=2))
    tree.tick()
    return tree


def texts(instructions: list[Instruction]) -> list[str]:
    return [i.text for i in instructions if isinstance(i, Report)]


def test_who_is_marked_twice_is_ticked_once_with_all_its_causes() -> None:
    tree = small()
    for kind in ("one", "two", "three"):
        tree.core.mark(tree["g/a"], Cause(kind))
    assert (tree["g"].dirty_below, tree["g/a"].dirty_below) == (1, 1)
    assert tree.tick() == 1
    record = tree["g/a"].records[-1]
    assert ([cause.kind for cause in record.causes], record.more) == (["one", "two"], 1)
    assert tree["g"].dirty_below == 0


def test_a_condition_is_reported_when_it_is_new_and_keeps_since_when() -> None:
    tree = small()
    core, s = tree.core, tree["g/a"]
    core.set_condition(s, "Fresh", "no answer")
    tree.advance(5.0)
    core.set_condition(s, "Fresh", "no answer")
    core.set_condition(s, "Fresh", "still no answer")
    assert (s.conditions or {})["Fresh"].since == 0.0
    core.set_condition(s, "Fresh", "nobody knows", status="Unknown")
    assert (s.conditions or {})["Fresh"].since == 5.0
    core.clear_condition(s, "Fresh")
    core.clear_condition(s, "Fresh")
    assert s.conditions is None
    assert texts(core.take()) == [
        "Fresh=False: no answer",
        "Fresh=False: still no answer",
        "Fresh=Unknown: nobody knows",
        "Fresh=True",
    ]


def test_an_answer_for_an_older_incarnation_is_dropped_and_reported() -> None:
    tree = small()
    core = tree.core
    assert core.find("g/a", 1, "an answer") is tree["g/a"]
    assert core.find("g/a", 7, "an answer") is None
    assert core.find("g/c", 1, "an answer") is None
    assert core.counters.dropped == 2
    assert texts(core.take()) == [
        "an answer of incarnation 7 arrived late, incarnation 1 is there: discarded",
        "an answer of incarnation 1 arrived late, it is gone: discarded",
    ]


def test_who_waits_for_whom_is_noted_once_and_forgotten_with_it() -> None:
    tree = small()
    core, s = tree.core, tree["g/a"]
    core.link(s, ("g/b", "x"))
    core.link(s, ("x",))
    assert core.dependents == {"x": {"g/a": s}}
    core.forget(s)
    assert core.dependents == {}
    assert "g/a" not in core.by_path


def test_one_that_is_forgotten_is_not_ticked() -> None:
    tree = small()
    s = tree["g/a"]
    tree.core.mark(s, Cause("test"))
    tree.core.set_timer(s, "wake", 1.0)
    tree.core.forget(s)
    assert tree["g"].dirty_below == 0
    tree.advance(0.0)
    assert tree.tick() == 0


def test_what_is_done_for_many_leaves_out_those_that_were_removed() -> None:
    tree = small()
    core, a, b = tree.core, tree["g/a"], tree["g/b"]
    core.fan_out.add("mark", Cause("test"), (a, b), below=False)
    core.forget(a)
    core.fan_out_some()
    assert (a.dirty, b.dirty) == (False, True)


def test_a_type_is_looked_up_as_the_settings_want_it_and_once() -> None:
    settings = EngineSettings(types={"device": TypeSettings(interval=3.0)})
    core = by_hand(device("a"), settings=settings).core
    found = core.type_named("device")
    assert found.definition.interval == 3.0
    assert core.type_named("device") is found
    assert core.wall() == core.epoch + core.now
