"""The breaker: three exceptions within the window stop the steps of one worker for a while."""

from __future__ import annotations

import re

import pytest
from lamp_tree import World, by_hand, device, group, simulate

from fsmv2.core.policy import author_errors
from fsmv2.core.state.conditions import BREAKER
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.testing import ByHand

ERROR = ValueError("bad")


@pytest.fixture
def tree() -> ByHand:
    tree = by_hand(group("g", device("a"), device("b")))
    tree.tick()
    return tree


def fail(tree: ByHand, times: int, *, every: float = 1.0) -> Supervisor:
    for _ in range(times):
        tree.advance(every)
        author_errors.count(tree.core, tree["g/a"], "step running", ERROR)
    return tree["g/a"]


def is_open(s: Supervisor) -> bool:
    return s.breaker is not None and s.breaker.open


def test_an_exception_is_described_with_the_line_that_raised_it() -> None:
    with pytest.raises(ValueError, match="bad") as raised:
        raise ERROR
    text = author_errors.describe("step running", raised.value)
    assert re.fullmatch(r"step running raised ValueError: bad at test_author_errors\.py:\d+", text)


def test_the_third_within_the_window_opens_it_for_that_worker_alone(tree: ByHand) -> None:
    assert not is_open(fail(tree, 2))
    s = fail(tree, 1)
    assert is_open(s)
    assert "3 times within 300 s" in (s.conditions or {})[BREAKER].reason
    assert tree["g/b"].breaker is None


def test_exceptions_further_apart_do_not_open_it(tree: ByHand) -> None:
    s = fail(tree, 10, every=tree.core.settings.breaker_window / 2)
    assert s.breaker is not None
    assert s.breaker.openings == 0


def test_after_its_delay_it_is_closed_and_counts_from_the_start(tree: ByHand) -> None:
    s = fail(tree, 3)
    tree.advance(s.timers["breaker"] - tree.now)
    assert not is_open(s)
    assert BREAKER not in (s.conditions or {})
    assert not is_open(fail(tree, 2))


def test_each_opening_lasts_longer_until_a_calm_while(tree: ByHand) -> None:
    delays = []
    for pause in (0.0, 100.0, tree.core.settings.healthy_reset + 1):
        tree.advance(pause)
        s = fail(tree, 3)
        delays.append(s.timers["breaker"] - tree.now)
        tree.advance(delays[-1])
    assert delays[0] == pytest.approx(1.0)
    assert delays[1] > delays[0]
    assert delays[2] == pytest.approx(delays[0])


def test_one_exception_is_tried_again_without_being_woken(tree: ByHand) -> None:
    assert fail(tree, 1).timers["retry"] == tree.now + tree.core.settings.backoff_base


def test_h18_a_new_instance_is_tried_whatever_the_one_before_raised() -> None:
    """It may be the corrected one; and the timer that would have closed the breaker is gone."""
    world = World()
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.step["g/a"] = ERROR
        for pin in (0, 1):
            sim.declare(group("g", device("a", pin=pin, hold=str(pin))))
            sim.until(lambda _: is_open(sim.supervisor("g/a")))
        openings = sim.supervisor("g/a").breaker.openings  # type: ignore[union-attr]
        del world.step["g/a"]
        sim.declare(group("g", device("a", pin=2)))
        sim.run(5)
        assert sim["g/a"].healthy
        assert sim.supervisor("g/a").breaker.openings == openings  # type: ignore[union-attr]
