"""A worker type as the settings want it: what they name is replaced, the rest stays."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from lamp_tree import Device, World, device, factory_for, simulate

from fsmv2 import Backoff, EngineSettings, SpecError
from fsmv2.core.contract.settings import ActionSettings, TypeSettings
from fsmv2.core.contract.type_overrides import with_overrides
from fsmv2.worker import RegisteredType, WorkerDefinition


def overridden(**given: Any) -> WorkerDefinition:
    found = factory_for(World()).find("device")
    return with_overrides(found, {"device": TypeSettings(**given)}).definition


def test_a_type_that_the_settings_do_not_name_is_the_same_object() -> None:
    found = factory_for(World()).find("device")
    assert with_overrides(found, {"group": TypeSettings(interval=1.0)}) is found


def test_only_what_is_given_is_replaced() -> None:
    own, changed = Device.definition, overridden(interval=17.0)
    assert changed.interval == 17.0
    assert changed.observe_timeout == own.observe_timeout
    assert changed.actions == own.actions
    assert changed.in_place is own.in_place


@pytest.mark.parametrize(("policy", "in_place"), [("in_place", True), ("recreate", False)])
def test_the_update_policy_is_replaced(policy: Any, in_place: bool) -> None:
    assert overridden(update_policy=policy).in_place is in_place


def test_the_backoff_is_laid_over_that_of_the_author() -> None:
    found = factory_for(World()).find("device")
    own = msgspec.structs.replace(found.definition, backoff=Backoff(base=2.0, cap=99.0))
    types = {"device": TypeSettings(backoff=Backoff(base=7.0))}
    changed = with_overrides(RegisteredType(own, found.make), types).definition.backoff
    assert (changed.base, changed.cap) == (7.0, 99.0)


def test_an_action_keeps_what_is_not_given() -> None:
    own = Device.definition.actions
    changed = overridden(actions={"switch_on": ActionSettings(timeout=99.0)}).actions
    assert (changed["switch_on"].timeout, own["switch_on"].timeout) == (99.0, 10.0)
    assert changed["switch_on"].retries == own["switch_on"].retries == 2
    assert changed["switch_off"] == own["switch_off"]


def test_an_unknown_action_is_refused_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="'switch_onn', which device does not have"):
        overridden(actions={"switch_onn": ActionSettings()})


def test_an_unknown_action_keeps_the_worker_from_being_created_and_says_why() -> None:
    actions = {"switch_onn": ActionSettings()}
    settings = EngineSettings(types={"device": TypeSettings(actions=actions)})
    with simulate(World(), device("a"), settings=settings) as sim:
        sim.run(1)
        assert "Did you mean 'switch_on'?" in sim["a"].reason
