"""What is known of a store: since when each path is there, how it was paused, who was not met."""

from __future__ import annotations

from fsmv2.core.state.parts import Pause, pause_to_json
from fsmv2.core.state.store_state import StoreState

PAUSE = Pause("ann", "cleaning", 5.0)


def stored() -> StoreState:
    times = {"p": 1.0, "p/a": 2.0, "p/a/x": 3.0, "p/b": 4.0}
    return StoreState(times, {"p/b": pause_to_json(PAUSE), "p": "", "gone": "{}"})


def test_a_path_that_was_stored_is_there_since_then() -> None:
    store = stored()
    assert store.meet("p/a", 100.0) == 2.0
    assert store.meet("p/new", 100.0) == 100.0
    assert store.meet("p/new", 200.0) == 100.0


def test_a_pause_is_known_for_the_path_it_was_stored_for() -> None:
    store = stored()
    assert store.pause_of("p/b") == PAUSE
    assert store.pause_of("p") is None
    assert "gone" not in store.kept


def test_who_was_met_is_no_longer_missed() -> None:
    store = stored()
    assert store.unmet == {"": {"p"}, "p": {"p/a", "p/b"}, "p/a": {"p/a/x"}}
    store.meet("p/a/x", 0.0)
    store.meet("p/a", 0.0)
    assert store.unmet == {"": {"p"}, "p": {"p/b"}}


def test_a_path_that_is_dropped_takes_those_below_it_that_nobody_met() -> None:
    store = stored()
    store.meet("p/b", 0.0)
    store.drop("p")
    assert {*store.kept} == {"p/b"}
