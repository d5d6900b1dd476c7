"""Locations of a document: who owns a level, and which must be there."""

from __future__ import annotations

import pytest
from planned_plant import BRIDGE, WRITE, planned

from fsmv2.plant import parse_plant


def test_the_agent_owns_its_levels_and_the_loser_is_told() -> None:
    """A warning; the agent's value stands."""
    text = BRIDGE.replace("{area: filler}", "{site: berlin, area: filler}")
    plant = parse_plant(text, "plant.yaml")
    (warning,) = plant.diagnostics
    assert warning.warning
    assert warning.mark is not None
    assert warning.mark.line == 11
    assert "'cologne' is used, not 'berlin'" in warning.message


def test_a_flow_without_any_location_is_refused() -> None:
    """What publishes into the namespace needs at least the enterprise."""
    text = BRIDGE.replace(", location: {enterprise: acme, site: cologne}", "").replace(
        " location: {area: filler},", ""
    )
    assert any(d.code == "FSM0134" for d in parse_plant(text).diagnostics)
    assert "location is empty" in planned(text)["edge/filler"]


@pytest.mark.parametrize(
    ("section", "does"), [("read", "its topics begin"), ("write", "the topics of its commands")]
)
def test_a_flow_at_a_location_without_an_enterprise_is_refused(section: str, does: str) -> None:
    """Else it would publish, or hear commands, below `unknown`."""
    whole = BRIDGE.partition("bridges:")[0] + WRITE
    text = whole.replace("enterprise: acme, ", "")
    if section == "write":
        before, _, after = text.partition("    read:")
        text = before + after[after.index("    write:") :]
    (problem,) = [d for d in parse_plant(text).diagnostics if d.code == "FSM0134"]
    assert f"the location has no enterprise, with which {does}" in problem.message
    assert problem.mark is not None
    assert problem.mark.line == 1  # of the agent, where it is to be added
    assert "location has no enterprise" in planned(text)["edge/filler"]
