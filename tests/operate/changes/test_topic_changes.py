"""The topics of flows that run, before and after a change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from changed_plant import PLANT, planned, running

from fsmv2.testing import Simulation

SPEED = "umh/v1/acme/north/{}/_raw/speed"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with running() as plant:
        yield plant


def topics(sim: Simulation, old: str, new: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert old in PLANT
    plan = planned(sim, PLANT.replace(old, new))
    return plan.topics_added, plan.topics_removed


def test_another_location_is_another_topic(sim: Simulation) -> None:
    added, removed = topics(sim, "{area: filling}", "{area: packing}")
    assert added == (SPEED.format("packing"),)
    assert removed == (SPEED.format("filling"),)


def test_a_topic_that_another_bridge_publishes_as_well_stays(sim: Simulation) -> None:
    assert topics(sim, "{area: filling}", "{area: capping}") == ((), (SPEED.format("filling"),))


def test_another_tag_is_another_topic(sim: Simulation) -> None:
    added, removed = topics(sim, "name: speed", "name: rate")
    assert added == tuple(
        SPEED.format(area).replace("speed", "rate") for area in ("capping", "filling")
    )
    assert len(removed) == 2


def test_a_bridge_that_is_to_stand_still_publishes_nothing(sim: Simulation) -> None:
    text = "{area: filling}\n    state: stopped"
    assert topics(sim, "{area: filling}", text) == ((), (SPEED.format("filling"),))
