"""What becomes of a generation that a start runs: converged, or who has not by the deadline."""

from __future__ import annotations

from pathlib import Path

import pytest
from document_place import HEAD, Place, events
from flow_kit import until

from fsmv2.operate.changes import generation_convergence
from fsmv2.operate.changes.apply_data import ApplyRequest
from fsmv2.operate.generations import history
from fsmv2.operate.known_generations import history_in


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(generation_convergence, "BASELINE_EVERY", 0.02)
    monkeypatch.setattr(generation_convergence, "START_WITHIN", 0.1)
    return Place(tmp_path)


async def named(place: Place) -> None:
    """Events are stored a moment later."""
    await until(lambda: bool(history_in(place.state).not_converged), timeout=200)


async def test_a_start_that_does_not_converge_is_reported_and_so_is_that_it_has_after_all(
    place: Place,
) -> None:
    async with place.runs(HEAD) as tree:
        reached = await tree.progress(wait=200)
        assert reached.state == "not converged"
        assert list(reached.pending) == ["edge/broker"], "it cannot be reached"
        await named(place)
        found = history_in(place.state)
        assert [one.outcome for one in found.generations] == ["not converged"]
        assert found.not_converged[1].startswith("edge/broker: ")

        await tree.pause("edge/broker")
        await events(tree, "generation 1 has converged, after its deadline")
        assert (await tree.progress()).state == "converged"
        assert [one.outcome for one in history(place.state)[0]] == ["converged"]
        assert history_in(place.state).not_converged == {}


async def test_one_that_had_not_converged_is_not_called_superseded_later(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        assert (await tree.progress(wait=200)).state == "not converged"
        await tree.apply(ApplyRequest(document=place.write(HEAD + "# another comment\n")))
        assert (await tree.progress(2, wait=200)).state == "converged", "it touches nobody"
        assert [one.outcome for one in history(place.state)[0]] == ["not converged", "converged"]
