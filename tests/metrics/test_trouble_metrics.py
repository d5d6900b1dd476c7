"""The reason in a label: what a device says, bounded and printable."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, group, simulate
from measured_simulation import series


def test_a_reason_is_bounded_and_moves_no_cursor() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(5)
        s = sim.core.by_path["g/a"]
        said = "no\x1b[2J route\n" + 200 * "."
        s.status = msgspec.structs.replace(s.status, in_trouble=True, reason=said)
        ((labels, _),) = series(sim, "worker_in_trouble").items()
    assert len(labels[3]) == 160
    assert labels[3].startswith("no")
    assert labels[3].isprintable()
