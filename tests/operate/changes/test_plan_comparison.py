"""A plan of a plant that runs: what would be done to whom, and why; nothing is done for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from changed_plant import PLANT, actions, change_of, planned, plant, restored, running

from fsmv2.core.checkpoint.restore import first_difference
from fsmv2.operate.changes.change_plan import FieldChange
from fsmv2.testing import Simulation

FILLER = {"plant/filler", "plant/filler/connection", "plant/filler/dfc_read"}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with running() as plant:
        yield plant


def replaced(*pairs: tuple[str, str]) -> str:
    text = PLANT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_same_document_touches_nobody(sim: Simulation) -> None:
    plan = planned(sim, PLANT)
    assert not plan.changes
    assert plan.summary == "touches no worker, 11 untouched"


def test_h97_a_comment_the_order_of_keys_or_an_anchor_touches_nobody(sim: Simulation) -> None:
    text = replaced(
        ("agent:", "# another comment\nagent:"),
        ("{IP: 10.0.0.1, REGISTER: 1}", "{REGISTER: &one 1, IP: 10.0.0.1}"),
        ("{IP: 10.0.0.2, REGISTER: 1}", "{REGISTER: *one, IP: 10.0.0.2}"),
    )
    plan = planned(sim, text)
    assert not plan.workers
    assert not plan.changes


def test_a_changed_config_is_told_by_field(sim: Simulation) -> None:
    plan = planned(sim, replaced(("IP: 10.0.0.1", "IP: 10.0.0.9")))
    assert plan.summary == "reconfigures 2, derives again 2, 7 untouched"
    flow = change_of(plan, "plant/filler/dfc_read")
    assert flow.action == "reconfigure"
    assert flow.config == (
        FieldChange(field="input.address", before="10.0.0.1:502", after="10.0.0.9:502"),
    )


def test_a_process_is_recreated_for_the_reason_the_core_gives_and_who_requires_it_waits(
    sim: Simulation,
) -> None:
    plan = planned(sim, replaced(("LEVEL: 1", "LEVEL: 2")))
    first = change_of(plan, "plant/first")
    assert (first.action, first.why) == ("recreate", "its spec or rendered config changed")
    second = change_of(plan, "plant/second")
    assert second.action == "interrupt"
    assert second.why.startswith("requires plant/first")
    assert plan.summary == "restarts 1, interrupts 1, derives again 1, 8 untouched"


def test_whose_required_process_is_taken_out_stops(sim: Simulation) -> None:
    start = PLANT.index("  first:")
    taken_out = PLANT[:start] + PLANT[PLANT.index("  second:") :].replace(", requires: [first]", "")
    plan = planned(sim, taken_out)
    assert actions(plan)["plant/first"] == "remove"
    assert actions(plan)["plant/second"] == "reconfigure"
    assert change_of(plan, "plant/second").config == (
        FieldChange(field="requires", before='["first"]', after="[]"),
    )


def test_one_that_is_enabled_while_what_it_requires_restarts_starts_once_that_runs() -> None:
    before = replaced(("requires: [first]}", "requires: [first], enabled: false}"))
    with running(before) as sim:
        sim.restart("plant/first")
        sim.run(0.2)
        second = change_of(planned(sim, PLANT, before=before), "plant/second")
        assert second.action == "start"
        assert second.unknown == (
            "when: it requires plant/first, and whether that runs is not known yet",
        )
        sim.run(30.0)
        second = change_of(planned(sim, PLANT, before=before), "plant/second")
        assert second.action == "start"
        assert not second.unknown, "what it requires runs"


def test_a_bridge_that_is_disabled_stops_with_all_below_it_and_its_topics_vanish(
    sim: Simulation,
) -> None:
    text = replaced(("location: {area: filling}", "location: {area: filling}\n    enabled: false"))
    plan = planned(sim, text)
    assert {path for path, action in actions(plan).items() if action == "stop"} == FILLER
    assert plan.topics_removed == ("umh/v1/acme/north/filling/_raw/speed",)


def test_h98_a_renamed_bridge_is_removed_and_added_and_its_topic_stays(sim: Simulation) -> None:
    plan = planned(sim, replaced(("name: filler", "name: filler2")))
    assert {*plan.removes} == FILLER
    added = {path for path, action in actions(plan).items() if action == "add"}
    assert added == {path.replace("filler", "filler2") for path in FILLER}
    assert plan.topics_added == plan.topics_removed == ()


def test_a_process_of_another_type_of_place_is_another_worker(sim: Simulation) -> None:
    plan = planned(sim, replaced(("  third:", "  fourth:")))
    assert actions(plan)["plant/third"] == "remove"
    assert actions(plan)["plant/fourth"] == "add"


def test_another_name_of_the_agent_needs_a_restart_and_what_else_changes_is_told(
    sim: Simulation,
) -> None:
    plan = planned(sim, replaced(("name: plant,", "name: other,"), ("LEVEL: 1", "LEVEL: 2")))
    assert [(key.key, key.before, key.after) for key in plan.needs_restart] == [
        ("agent.name", "plant", "other")
    ]
    assert actions(plan)["plant/first"] == "recreate"


def test_the_plan_is_the_same_each_time_and_the_tree_as_it_was(sim: Simulation) -> None:
    text = replaced(("IP: 10.0.0.1", "IP: 10.0.0.9"))
    before = restored(sim)
    one, other = planned(sim, text), planned(sim, text)
    assert one == other
    assert first_difference(before, sim.core) is None


def test_h99_a_secret_rotated_is_said_to_have_changed_and_touches_exactly_its_users(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("hunter2-of-before")
    text = replaced(
        ("variables: {LEVEL: 1}", f"variables: {{LEVEL: {{file: {tmp_path / 'token'}}}}}")
    )
    before = plant(text)
    with running(before) as sim:
        assert not planned(sim, plant(text, like=before)).changes
        (tmp_path / "token").write_text("hunter3-of-after")
        plan = planned(sim, plant(text, like=before))
    assert plan.secrets == (f"file:{tmp_path}/token: changed",)
    touched = {path: action for path, action in actions(plan).items() if action != "derive"}
    assert touched == {"plant/first": "recreate", "plant/second": "interrupt"}
    assert change_of(plan, "plant/first").config
    assert "hunter" not in msgspec.json.encode(plan).decode()


def test_h96_an_override_stays_in_force_and_stands_in_the_plan() -> None:
    with running() as sim:
        sim.set_variable("plant/filler", "IP", "10.0.0.7", "the old one is mended")
        sim.pause("plant/first", "maintenance")
        sim.run(5.0)
        sim.restart("plant/filler/dfc_read")
        sim.run(20.0)
        text = replaced(
            ("IP: 10.0.0.1, REGISTER: 1", "IP: 10.0.0.9, REGISTER: 2"), ("LEVEL: 1", "LEVEL: 2")
        )
        plan = planned(sim, text)
        flow = change_of(plan, "plant/filler/dfc_read")
        assert [change.field for change in flow.config] == ["input.registers.speed.address"]
        assert flow.overrides == ("IP set by test: the old one is mended (at plant/filler)",)
        first = change_of(plan, "plant/first")
        assert first.action == "recreate"
        assert first.overrides == ("paused by test: maintenance",)
        assert first.unknown
        assert [one.path for one in plan.overrides] == ["plant/filler", "plant/first"]
        by_name = {one.name: one for one in plan.variables}
        assert by_name["IP"].workers == (), "what was set by hand counts"
        assert by_name["REGISTER"].workers == ("plant/filler/dfc_read",)
