"""All checks of conformance by name: what a report calls them, and what one may leave out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fsmv2.testing import conformance_fsm, conformance_world
from fsmv2.testing.conformance import Conformance

Check = Callable[[Conformance], None]


def checks() -> Mapping[str, Check]:
    """All checks by name; each takes a bench, and raises ConformanceError or NotTriedError."""
    return {
        "derive_is_pure": conformance_fsm.derive_is_pure,
        "steps_are_pure": conformance_fsm.steps_are_pure,
        "stops_from_every_state": conformance_fsm.stops_from_every_state,
        "reacts_to_every_observation": conformance_fsm.reacts_to_every_observation,
        "specs_survive_a_round_trip": conformance_fsm.specs_survive_a_round_trip,
        "actions_are_idempotent": conformance_world.actions_are_idempotent,
        "recognises_what_runs": conformance_world.recognises_what_runs,
        "collections_can_be_cancelled": conformance_world.collections_can_be_cancelled,
        "actions_can_be_cancelled": conformance_world.actions_can_be_cancelled,
    }
