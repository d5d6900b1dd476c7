"""What is known of a store: since when each path is there, who was not met."""

from __future__ import annotations

from fsmv2.core.state.store_state import StoreState


def stored() -> StoreState:
    times = {"p": 1.0, "p/a": 2.0, "p/a/x": 3.0, "p/b": 4.0}
    return StoreState(times)


def test_a_path_that_was_stored_is_there_since_then() -> None:
    store = stored()
    assert store.register("p/a", 100.0) == 2.0
    assert store.register("p/new", 100.0) == 100.0
    assert store.register("p/new", 200.0) == 100.0


def test_who_was_met_is_no_longer_missed() -> None:
    store = stored()
    assert store.unmet == {"": {"p"}, "p": {"p/a", "p/b"}, "p/a": {"p/a/x"}}
    store.register("p/a/x", 0.0)
    store.register("p/a", 0.0)
    assert store.unmet == {"": {"p"}, "p": {"p/b"}}


def test_a_path_that_is_dropped_takes_those_below_it_that_nobody_met() -> None:
    store = stored()
    store.register("p/b", 0.0)
    store.drop("p")
    assert {*store.kept} == {"p/b"}
