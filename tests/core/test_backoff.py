"""Delays between attempts: how they grow, and how they are drawn."""

from __future__ import annotations

import pytest
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, ExponentialBackoff, PermanentError


def test_the_longest_delay_doubles_up_to_the_cap() -> None:
    backoff = ExponentialBackoff()
    assert [backoff.ceiling(n) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert ExponentialBackoff(base=0.5, cap=3.0).ceiling(2) == 2.0
    assert backoff.ceiling(-1) == 1.0


def test_delays_are_drawn_evenly_from_all_that_is_allowed() -> None:
    drawn = [ExponentialBackoff(key=f"plant/{n}").delay(5) / 32 for n in range(2000)]
    for tenth in range(10):
        share = sum(tenth / 10 <= part < (tenth + 1) / 10 for part in drawn) / len(drawn)
        assert share == pytest.approx(0.1, abs=0.03), tenth


def test_a_delay_depends_on_seed_path_and_attempt_and_on_nothing_else() -> None:
    first = ExponentialBackoff(base=60.0, seed=1, key="a")
    assert first.delay(0) == ExponentialBackoff(base=60.0, seed=1, key="a").delay(0)
    others = [
        ExponentialBackoff(base=60.0, seed=2, key="a").delay(0),
        ExponentialBackoff(base=60.0, seed=1, key="b").delay(0),
        first.delay(1),
    ]
    assert first.delay(0) not in others
    assert len(set(others)) == 3


def test_two_with_the_same_trouble_are_not_tried_again_in_step() -> None:
    world = World()
    world.act["g/a"] = world.act["g/b"] = PermanentError("no power")
    settings = EngineSettings(backoff_base=60.0)
    with simulate(world, group("g", device("a"), device("b")), settings=settings) as sim:
        sim.run(1)
        a, b = (sim.supervisor(path).attempts for path in ("g/a", "g/b"))
        assert a.count == b.count == 1
        assert abs(a.retry_at - b.retry_at) > 1
