"""A plan says who waits for whom: who takes over a device, topic or port comes second. H98"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from changed_plant import PLANT, actions, change_of, planned, running
from msgspec.structs import replace

from fsmv2.cli.plan_text import plan_lines
from fsmv2.operate.changes.change_plan import ChangePlan, with_digest
from fsmv2.testing import Simulation

FILLER, CAPPER = "the device 10.0.0.1:502", "the device 10.0.0.2:502"
TOPIC = "the topic umh.v1.acme.north.filling._raw"
SWAPPED = (
    PLANT.replace("10.0.0.1", "other").replace("10.0.0.2", "10.0.0.1").replace("other", "10.0.0.2")
)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with running() as plant:
        yield plant


def waits(plan: ChangePlan, path: str) -> set[tuple[str, str]]:
    """Whom it waits for, and for what."""
    return {(one.path, one.claim) for one in change_of(plan, path).waits_for}


def lines(plan: ChangePlan) -> str:
    """The plan as it is shown, without the breaks of its lines."""
    shown = [
        "".join(p if isinstance(p, str) else p.text for p in line) for line in plan_lines(plan)
    ]
    return " ".join(" ".join(shown).split())


def test_h98_a_renamed_bridge_waits_for_the_one_before_with_its_device_and_its_topic(
    sim: Simulation,
) -> None:
    plan = planned(sim, PLANT.replace("name: filler", "name: renamed"))
    both = {("plant/filler/connection", FILLER), ("plant/filler/dfc_read", FILLER)}
    assert waits(plan, "plant/renamed/connection") == both
    assert waits(plan, "plant/renamed/dfc_read") == both | {("plant/filler/dfc_read", TOPIC)}
    assert not any(one.waits_for for one in plan.workers if one.action == "remove")
    first = change_of(plan, "plant/renamed/connection").waits_for[0]
    assert (first.why, first.paused) == ("stops with plant/filler", False)
    text = f"plant/renamed waits until plant/filler has released {FILLER} and {TOPIC}"
    assert text in lines(plan)


def test_h98_two_bridges_that_swap_their_devices_wait_for_each_other(sim: Simulation) -> None:
    plan = planned(sim, SWAPPED)
    of_filler = {("plant/filler/connection", FILLER), ("plant/filler/dfc_read", FILLER)}
    of_capper = {("plant/capper/connection", CAPPER), ("plant/capper/dfc_read", CAPPER)}
    for name in ("connection", "dfc_read"):
        assert waits(plan, f"plant/capper/{name}") == of_filler
        assert waits(plan, f"plant/filler/{name}") == of_capper
        assert change_of(plan, f"plant/filler/{name}").action == "recreate"


def test_a_device_that_is_free_or_shared_is_waited_for_by_nobody(sim: Simulation) -> None:
    free = planned(sim, PLANT.replace("10.0.0.1", "10.0.0.9"))
    shared = planned(sim, PLANT.replace("10.0.0.1", "10.0.0.2"))
    for plan in (free, shared):
        assert {*actions(plan).values()} == {"reconfigure", "derive"}
        assert not any(one.waits_for for one in plan.workers)
    assert "waits until" not in lines(free)


def test_whom_it_waits_for_is_in_the_digest_and_why_is_not(sim: Simulation) -> None:
    plan = planned(sim, PLANT.replace("name: filler", "name: renamed"))
    digests = [
        with_digest(replace(plan, workers=tuple(map(edit, plan.workers)))).actions_digest
        for edit in (
            lambda one: one,
            lambda one: replace(one, waits_for=tuple(replace(w, why="") for w in one.waits_for)),
            lambda one: replace(one, waits_for=()),
        )
    ]
    assert digests[0] == digests[1] == plan.actions_digest != digests[2]


def test_who_takes_over_from_a_paused_one_is_known_only_after_the_pause() -> None:
    with running() as sim:
        sim.pause("plant/filler", "maintenance")
        sim.run(5.0)
        plan = planned(sim, SWAPPED)
    change = change_of(plan, "plant/capper/dfc_read")
    assert {one.paused for one in change.waits_for} == {True}
    assert "paused by test: maintenance (at plant/filler)" in change.waits_for[0].why
    both = "plant/filler/connection, plant/filler/dfc_read"
    assert change.unknown == (
        f"when: what it takes over stays with {both} as long as that is paused",
    )
