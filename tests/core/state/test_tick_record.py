"""Each tick leaves behind why it came, what it read and what it decided."""

from __future__ import annotations

import pytest
from lamp_tree import World, device, simulate

from fsmv2.core.state.tick_record import Cause


@pytest.mark.parametrize(
    ("cause", "shown"),
    [(Cause("resync"), "resync"), (Cause("stop", "requested by ann", 7), "stop requested by ann")],
)
def test_a_cause_is_shown_in_words(cause: Cause, shown: str) -> None:
    assert str(cause) == shown


def test_the_record_of_a_start_has_the_cause_the_look_and_the_decisions() -> None:
    with simulate(World(), device("a")) as sim:
        sim.run(3)
        first, *_ = sim.records("a")
        assert [str(cause) for cause in first.causes] == ["created"]
        assert (first.decisions, first.observed_at) == ((), None)
        assert first.gate == "waits for its first observation"
        acted = next(record for record in sim.records("a") if record.decisions)
        assert acted.decisions == ("goto starting: asked to run", "action switch_on")
        assert acted.observed_at == 0.0
        assert (acted.state, acted.control, acted.reason) == ("starting", "running", "it is dark")
