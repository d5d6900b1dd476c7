"""An apply that changes 6 of 20 bridges: the other 14 read on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from counting_device import devices
from counting_plant import CountingPlant, bridge

from fsmv2.operate import TreeHandle
from fsmv2.operate.changes.apply_data import ApplyRequest
from fsmv2.runtime import NodeView

pytestmark = pytest.mark.real

UNTOUCHED = [f"m{n}" for n in range(14)]
CHANGED = ["scan", "tag", "unit", "place", "old", "gone"]


async def workers(tree: TreeHandle) -> dict[str, NodeView]:
    """The bridges that are not to be touched, and all below them, by path."""
    of = {f"edge/{name}" for name in UNTOUCHED}
    return {n.path: n for n in (await tree.view()).nodes if "/".join(n.path.split("/")[:2]) in of}


async def derived(tree: TreeHandle, paths: Collection[str]) -> dict[str, int]:
    """What each of them derived last: another object, if it derived again."""
    return await tree._runtime.look(
        lambda core: {path: id(core.by_path[path].desired) for path in paths}
    )


@pytest.mark.thorough
async def test_while_6_of_20_bridges_change_the_samples_of_the_other_14_have_no_gap(
    tmp_path: Path,
) -> None:
    async with devices(*UNTOUCHED, *CHANGED, "new") as plcs:
        plant = CountingPlant(tmp_path)
        kept = [bridge(name, plcs[name]) for name in UNTOUCHED]
        changed = [bridge(name, plcs[name]) for name in CHANGED]
        topics = [f"{name}._raw.reads" for name in UNTOUCHED]
        async with plant.runs(*kept, *changed) as tree:
            await plant.heard(*topics)
            before = await workers(tree)
            derives = await derived(tree, before)
            connected = {name: plcs[name].connections for name in UNTOUCHED}
            text = plant.write(
                bridge("scan", plcs["scan"], EVERY="70ms"),
                *kept[:7],
                bridge("tag", plcs["tag"], TAG="other"),
                bridge("unit", plcs["unit"], UNIT=2),
                bridge("place", plcs["place"], line="elsewhere"),
                *kept[7:],
                bridge("renamed", plcs["old"], line="old"),
                bridge("new", plcs["new"]),
            )
            answer = await tree.apply(ApplyRequest(document=text), wait=30)
            assert answer.progress.state == "converged", answer.progress
            changes = ["old._raw.reads", "new._raw.reads", "tag._raw.other", "elsewhere._raw.reads"]
            await plant.heard(*topics, *changes)
            after = await workers(tree)
            assert {path: n.incarnation for path, n in after.items()} == dict.fromkeys(before, 1)
            assert await derived(tree, before) == derives, "none was even looked at"
            assert {name: plcs[name].connections for name in UNTOUCHED} == connected
        for topic in topics:
            heard = plant.values[topic]
            assert heard == list(range(heard[0], heard[0] + len(heard))), f"{topic} has a gap"
