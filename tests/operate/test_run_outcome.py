"""`fsmv2.operate.run_outcome`: how a run ended, and who is told what did not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.operate import open_tree
from fsmv2.operate.run_outcome import RunOutcome, Verdict
from fsmv2.runtime import TreeView


@pytest.mark.parametrize(
    ("went_wrong", "verdict"),
    [
        ({}, Verdict.ORDERLY),
        ({"unsettled": {"p/x": "why"}}, Verdict.UNSETTLED),
        ({"unsettled": {"p/x": "why"}, "dropped": {"p/y": 1}}, Verdict.DROPPED),
        ({"dropped": {"p/y": 1}, "forced": ("p/x: stuck",)}, Verdict.FORCED),
    ],
)
def test_of_several_things_the_one_that_lost_most_counts(
    went_wrong: dict[str, object], verdict: Verdict
) -> None:
    outcome = RunOutcome(before=TreeView(0.0, ()), **went_wrong)  # type: ignore[arg-type]
    assert outcome.verdict is verdict


async def test_only_whoever_did_not_end_it_by_hand_is_told_what_did_not_run(
    tmp_path: Path,
) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: p}\nprocesses:\n  gone: {command: [/nowhere/to/be/found]}\n")
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        before = await tree.until(lambda view: len(view.nodes) == 2, timeout=200)
    ended = RunOutcome.of(tree, before, by_hand=False)
    assert [*ended.unsettled] == ["p/gone"]
    assert ended.verdict is Verdict.UNSETTLED
    by_hand = RunOutcome.of(tree, before, by_hand=True)
    assert by_hand.unsettled == {}
    assert by_hand.verdict is Verdict.ORDERLY
