"""Flows are changed while the broker takes nothing: what they accepted arrives, in order."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nats
import pytest
from counting_device import devices
from counting_plant import CountingPlant, bridge
from plant_kit import until

from fsmv2.builtin import dataflow
from fsmv2.operate.changes.apply_data import ApplyRequest
from fsmv2.runtime import TreeView

pytestmark = pytest.mark.real

PLACES = ("scan", "old", "kept")


async def refuses(plant: CountingPlant, *, refuse: bool) -> None:
    """Have the stream take no more than it has, or all again."""
    context = plant.client.jetstream()
    config = (await context.stream_info("UMH")).config
    config.discard = nats.js.api.DiscardPolicy.NEW
    config.max_msgs = 1 if refuse else -1
    await context.update_stream(config)


async def test_h79_what_a_flow_accepted_before_its_change_is_stored_before_what_it_does_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flow that is reconfigured, and the bridge with another name at the same topic."""
    monkeypatch.setattr(dataflow, "DRAIN", 0.1)  # nothing can be sent in that time, however long
    async with devices(*PLACES) as plcs:
        plant = CountingPlant(tmp_path)
        async with plant.runs(*(bridge(name, plcs[name]) for name in PLACES)) as tree:
            await plant.heard(*(f"{name}._raw.reads" for name in PLACES), more=3)
            await refuses(plant, refuse=True)
            text = plant.write(
                bridge("scan", plcs["scan"], EVERY="40ms"),
                bridge("renamed", plcs["old"], line="old"),
                bridge("kept", plcs["kept"]),
            )
            reads = {name: plc.answered for name, plc in plcs.items()}
            await until(
                lambda: all(plcs[name].answered > reads[name] + 5 for name in PLACES),
                timeout=30,
                what="each was read while the broker refused",
            )
            await tree.apply(ApplyRequest(document=text))
            view = await tree.until(
                lambda view: all(_waits_behind(view, name) for name in ("scan", "renamed")),
                timeout=30,
            )
            assert view["edge/scan/dfc_read"].incarnation == 1
            reads = {name: plc.answered for name, plc in plcs.items()}
            await refuses(plant, refuse=False)
            for name in PLACES:
                found = [0]
                while found[-1] < reads[name]:  # what was read before the broker takes all again
                    await asyncio.sleep(0.05)
                    found = await plant.stored(f"{name}._raw.reads")
                assert found == sorted(set(found)), "each once, in order"
                missing = set(range(found[0], found[-1] + 1)) - set(found)
                assert len(missing) <= (name != "kept"), "but what was being read at the change"


def _waits_behind(view: TreeView, bridge: str) -> bool:
    """Whether its new flow has samples, and says why they are not stored."""
    flow = view.get(f"edge/{bridge}/dfc_read")
    if flow is None or flow.observed is None:
        return False
    seen: Any = flow.observed
    text = "the broker refuses samples: maximum messages exceeded; what the flow before accepted"
    return seen.accepted_total > 5 and seen.output_error.startswith(text)
