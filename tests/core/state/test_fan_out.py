"""What concerns many is done for a few of them at a time, oldest first."""

from __future__ import annotations

from lamp_tree import by_hand, device, group

from fsmv2.core.state.fan_out import AT_ONCE, FanOut
from fsmv2.core.state.tick_record import Cause

CAUSE = Cause("test")


def test_only_a_round_with_none_before_it_may_start_at_once() -> None:
    fan_out = FanOut()
    assert not fan_out
    assert fan_out.add("mark", CAUSE, (), below=False)
    assert not fan_out.add("derive", CAUSE, (), below=True)
    assert fan_out


def test_the_oldest_round_is_done_first() -> None:
    fan_out = FanOut()
    for function in ("mark", "derive"):
        fan_out.add(function, CAUSE, (), below=False)
    assert fan_out.oldest.function == "mark"
    fan_out.drop_oldest()
    assert fan_out.oldest.function == "derive"
    fan_out.drop_oldest()
    assert not fan_out


def test_a_round_keeps_who_was_there_when_it_was_added() -> None:
    tree = by_hand(group("g", device("a"), device("b")))
    tree.tick()
    children = tree["g"].children
    fan_out = FanOut()
    fan_out.add("mark", CAUSE, children.values(), below=False)
    expected = [*children.values()]
    children.clear()
    assert [*fan_out.oldest.left] == expected


def test_a_large_round_is_done_in_parts_and_reaches_all_below() -> None:
    many = AT_ONCE + 10
    tree = by_hand(group("g", group("sub", *(device(f"d{n}") for n in range(many)))))
    tree.tick()
    core = tree.core
    core.for_each((tree["g"],), "mark", CAUSE, below=True)
    marked = [s for s in core.by_path.values() if s.dirty]
    assert len(marked) == AT_ONCE
    core.fan_out_some()
    assert all(s.dirty for s in core.by_path.values())
    assert not core.fan_out
