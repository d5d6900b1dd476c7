"""A journal whose content nobody of us wrote: an error that says so, or an answer, and no more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from recorded_lamps import lamps, lit, root, so

from fsmv2 import Runtime
from fsmv2.core import Core, Declared
from fsmv2.core.checkpoint.take import IDENTITY
from fsmv2.errors import JournalError
from fsmv2.runtime.journal import replay
from fsmv2.store.segmented_log import Segment, SegmentedLog, segments_in

DEEP: list[Any] = []
for _ in range(900):
    DEEP = [DEEP]
ODD = [None, True, -1, 1.5, float("nan"), "x", b"y", [], {}, [[]] * 3, "os:system", DEEP]
ODD += [2**62, 1e300]
"""What may stand in the place of anything."""


async def recorded(tmp_path: Path) -> list[bytes]:
    """Those of a tree that really ran."""
    async with Runtime(root(2), lamps(), journal=tmp_path / "real") as tree:
        await lit(tree, 2)
    return list(Segment(segments_in(tmp_path / "real")[0]).records())


async def checkpointed(tmp_path: Path) -> list[Any]:
    """Those of a segment that begins with a tree that runs, decoded."""
    folder = tmp_path / "real"
    async with Runtime(root(2), lamps(), journal=folder) as tree:
        await lit(tree, 2)
        await so(lambda: len(segments_in(folder)) == 1)
        tree.write_again()
        tree.restart("root")
        await so(lambda: len(segments_in(folder)) == 2)
    return [msgspec.msgpack.decode(one) for one in Segment(segments_in(folder)[1]).records()]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in plain data."""
    items = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, list | dict):
            yield from places(inner)


def mutated(record: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        data = bytearray(record)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    value = msgspec.msgpack.decode(record)
    container, key = chance.choice(list(places(value)))
    container[key] = chance.choice(ODD)
    return msgspec.msgpack.encode(value)


async def test_whatever_stands_in_it_the_answer_is_an_error_of_ours(tmp_path: Path) -> None:
    records = await recorded(tmp_path)
    refused = 0
    for seed in range(150):
        chance = random.Random(seed)
        changed = list(records)
        at = chance.randrange(len(changed))
        changed[at] = mutated(changed[at], chance)
        segments = SegmentedLog(tmp_path / str(seed), 10**9)
        segments.begin(iter(changed))
        segments.close()
        try:
            replay(tmp_path / str(seed), lamps())
        except JournalError:
            refused += 1
    assert refused > 30


async def test_as_many_idle_runs_as_you_like_are_no_work(tmp_path: Path) -> None:
    records = [msgspec.msgpack.decode(record) for record in await recorded(tmp_path)]
    slices = next(record for record in records if record[0] == "slices")
    slices[1][0][1] = 2**62
    segments = SegmentedLog(tmp_path / "idle", 10**9)
    segments.begin(map(msgspec.msgpack.encode, records))
    segments.close()
    assert sum(segment.runs for segment in replay(tmp_path / "idle", lamps()).segments) > 2**62


async def test_a_checkpoint_that_counts_others_than_it_lists_is_refused(tmp_path: Path) -> None:
    records = [msgspec.msgpack.decode(record) for record in await recorded(tmp_path)]
    start = next(record for record in records if record[0] == "start")
    names = msgspec.to_builtins(start[-1])["attributes"]
    last = next(record for record in records if record[0] == "part" and record[1])
    last[2][names.index("_dirty_count")] += 1
    segments = SegmentedLog(tmp_path / "dirty", 10**9)
    segments.begin(map(msgspec.msgpack.encode, records))
    segments.close()
    with pytest.raises(JournalError, match="to be ticked"):
        replay(tmp_path / "dirty", lamps())


@pytest.mark.parametrize("depth", [None, -(2**40), 2, 1.0, False, True])
async def test_a_worker_at_a_level_that_is_not_its_own_is_refused(
    depth: Any, tmp_path: Path
) -> None:
    """Who looks for the next one to be ticked would never find it."""
    records = await checkpointed(tmp_path)
    part = next(record for record in records if record[0] == "part")
    part[2][0][1 + IDENTITY.index("depth")] = depth
    segments = SegmentedLog(tmp_path / "depth", 10**9)
    segments.begin(map(msgspec.msgpack.encode, records))
    segments.close()
    with pytest.raises(JournalError, match=r"00000001.journal, record \d"):
        replay(tmp_path / "depth", lamps())


def test_who_is_counted_to_be_ticked_and_never_found_ends_the_run() -> None:
    """Whatever led to it: the loop goes on, as it would not if `run` looked for ever."""
    core = Core(lamps())
    core.handle(Declared(root(2)), 0.0)
    core.run(0.0)
    core._dirty_count += 1
    with pytest.raises(RuntimeError, match="1 are to be ticked, and none is listed"):
        core.run(1.0)
    assert core.run(2.0) is False
