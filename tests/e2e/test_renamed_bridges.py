"""A bridge gets another name or another device: never two clients at one, no command twice. H98"""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest
from counting_device import devices
from counting_plant import CountingPlant, bridge

from fsmv2.operate import TreeHandle
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText

pytestmark = pytest.mark.real

WRITE = """\
    write:
      output:
        modbus:
          address: "{{ .HOST }}:{{ .PORT }}"
          registers: [{name: setpoint, address: 14, type: int16}]
bridges:
"""


async def applied(tree: TreeHandle, text: DocumentText) -> None:
    answer = await tree.apply(ApplyRequest(document=text), wait=30)
    assert answer.progress.state == "converged", answer.progress


async def test_h98_a_renamed_bridge_or_two_that_swap_never_meet_at_a_device_or_topic(
    tmp_path: Path,
) -> None:
    async with devices("a", "b", "c") as plcs:
        plant = CountingPlant(tmp_path)
        plant.head = plant.head.replace("bridges:\n", WRITE)
        named = {"HOST": "localhost"}  # as long as flows write the same, they share a connection
        plcs["b"].answered, plcs["c"].answered = 20_000, 40_000
        before = [bridge(name, plcs[name]) for name in "abc"]
        async with plant.runs(*before) as tree:
            await plant.heard("a._raw.reads", "b._raw.reads", "c._raw.reads", more=3)
            command = msgspec.json.encode({"value": 7, "id": "one"})
            first = await plant.ask("a._write.setpoint", command)
            assert first["outcome"] == "written"
            await applied(
                tree,
                plant.write(
                    bridge("renamed", plcs["a"], line="a", **named),
                    bridge("b", plcs["c"], **named),
                    bridge("c", plcs["b"], **named),
                ),
            )
            again = await plant.ask("a._write.setpoint", command)
            assert (again["outcome"], again["duplicate"]) == ("written", True)
            await plant.heard("a._raw.reads", "b._raw.reads", "c._raw.reads", more=3)
        assert plcs["a"].written == [(14, 7)], "once"
        assert {name: plc.met for name, plc in plcs.items()} == dict.fromkeys("abc", 0)
        values = {name: plant.values[f"{name}._raw.reads"] for name in "abc"}
        assert values["a"] == sorted(set(values["a"]))
        of = {name: [n // 20_000 for n in found] for name, found in values.items()}
        assert [[n for n, _ in itertools.groupby(of[name])] for name in "bc"] == [[1, 2], [2, 1]]
