"""What a journal holds is decided again: as it was, to its end, and after a kill."""

from __future__ import annotations

import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from recorded_lamps import Told, all_the_same, lamps, lit, root

from fsmv2 import (
    EngineSettings,
    Runtime,
)
from fsmv2.store import MemoryStore, segmented_log
from fsmv2.store.segmented_log import segments_in
from fsmv2.testing import replay


async def test_a_real_tree_is_decided_again_as_it_was(tmp_path: Path) -> None:
    told = Told()
    async with Runtime(
        root(20), lamps(), journal=tmp_path / "journal", store=MemoryStore(), listener=told
    ) as tree:
        await lit(tree, 20)
        tree.declare(root(15, note="another"))
        await tree.until(lambda t: len(t.nodes) == 16, timeout=200)
        tree.restart("root/l3")
        await tree.until(lambda t: t["root/l3"].incarnation == 2, timeout=200)
        await lit(tree, 15)
        ticks = tree.core.counters.ticks
    found = all_the_same(tmp_path / "journal")
    (segment,) = found.segments
    assert segment.why == "the start"
    assert segment.problem == ""
    assert segment.turns >= ticks
    assert found.core is not None
    assert found.core.finished, "to the very end"
    assert not told


async def test_slices_that_end_early_end_there_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every slice here ends after one tick, and every copy takes several of them."""
    monkeypatch.setattr(segmented_log, "SHARE", 5_000)
    settings = EngineSettings(slice=0.0)
    async with Runtime(root(60), lamps(), journal=tmp_path, settings=settings) as tree:
        await lit(tree, 60)
        slices, ticks = tree.supervision.slices, tree.core.counters.ticks
        assert slices > ticks / 2
    found = all_the_same(tmp_path)
    assert sum(segment.runs for segment in found.segments) > 100


VICTIM = """
import asyncio, sys, time
sys.path[:0] = sys.argv[2:]
from recorded_lamps import lamps, root
from fsmv2 import Runtime
from fsmv2.store import segmented_log, SqliteStore

segmented_log.SHARE = 400

async def main():
    store = SqliteStore(sys.argv[1] + "/store.db")
    async with Runtime(root(10), lamps(), journal=sys.argv[1] + "/journal", store=store) as tree:
        for n in range(10**9):
            tree.declare(root(10 + n % 3, note=str(n)))
            tree.restart(f"root/l{n % 7}")
            print(time.time(), flush=True)
            await asyncio.sleep(0.02)

asyncio.run(main())
"""


@pytest.mark.thorough
def test_after_a_kill_it_is_replayed_up_to_the_last_moment(tmp_path: Path) -> None:
    """Killed again and again in one folder, in the middle of whatever it did."""
    chance, here = random.Random(8), Path(__file__).parents[1]
    for number in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", VICTIM, str(tmp_path), str(here), str(here.parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as victim:
            assert victim.stdout is not None
            last = float(victim.stdout.readline())
            time.sleep(0.5 + chance.random())  # the situation itself: a kill at no moment
            victim.send_signal(signal.SIGKILL)
            for line in victim.stdout:
                if line.endswith("\n"):
                    last = float(line)
        found = all_the_same(tmp_path / "journal")
        starts = [segment for segment in found.segments if segment.why == "the start"]
        assert len(starts) == number + 1
        assert found.segments[-1].last > last - 5, "what was gathered is lost, and no more"
        assert sum(segment.events for segment in found.segments) > 50


async def test_what_can_be_read_of_a_journal_is_replayed_to_its_end(tmp_path: Path) -> None:
    """Its newest segment was begun and is empty, and the end of the one before is cut off."""
    journal = tmp_path / "journal"
    async with Runtime(root(1), lamps(), journal=journal) as tree:
        await lit(tree, 1)
    path = segments_in(journal)[-1]
    path.write_bytes(path.read_bytes()[:-3])
    (journal / "00000009.journal").touch()
    found = replay(journal, lamps(), since=math.inf)
    assert found.core is not None
    assert "cut off" in found.ending
