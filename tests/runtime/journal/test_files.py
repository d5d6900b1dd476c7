"""The files of a journal: one after the other, and of one tree alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from recorded_lamps import all_the_same, lamps, lit, root

from fsmv2 import (
    Runtime,
    StoreError,
)
from fsmv2.core.contract.instructions import Collect
from fsmv2.runtime.journal.files import MOST_ITEMS, JournalFiles
from fsmv2.runtime.journal.format import RecordedSlice, SliceBatch
from fsmv2.store import MemoryStore, segmented_log
from fsmv2.testing import replay


async def test_segments_follow_each_other_while_the_tree_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies are made between two slices; what was replayed comes to the same state."""
    monkeypatch.setattr(segmented_log, "SHARE", 50_000)
    async with Runtime(root(30), lamps(), journal=tmp_path) as tree:
        await lit(tree, 30)
        while len(segmented_log.segments_in(tmp_path)) < 5:
            note = str(tree.supervision.slices)
            tree.declare(root(30, note=note))
            await tree.until(lambda t, note=note: t["root/l7"].observed.note == note, timeout=200)
    found = all_the_same(tmp_path)
    assert len(found.segments) > 3
    assert {segment.why for segment in found.segments[1:]} == {"goes on"}
    for segment in found.segments:
        assert replay(segment.path, lamps()).difference is None


async def test_two_trees_do_not_share_a_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with Runtime(root(1), lamps(), journal=journal, store=MemoryStore()) as tree:
        await lit(tree, 1)
        with pytest.raises(StoreError, match=r"the journal .* is in use by another tree"):
            async with Runtime(root(1), lamps(), journal=journal):
                pass
    async with Runtime(root(1), lamps(), journal=journal) as tree:  # and it is free again
        await lit(tree, 1)
    assert [s.why for s in all_the_same(journal).segments] == ["the start", "the start"]


def test_many_notes_become_several_records_and_are_held_no_longer(tmp_path: Path) -> None:
    written: list[SliceBatch] = []
    held: list[int] = []
    segments = segmented_log.SegmentedLog(tmp_path, 2**20)
    writing = JournalFiles(segments, lambda text: None, rest=lambda seconds: None)
    notes = [
        RecordedSlice(float(n), 0, 1, False, None, [], [Collect("g", 1)] * (MOST_ITEMS // 2))
        for n in range(5)
    ]

    def append(record: bytes) -> None:
        written.append(msgspec.msgpack.decode(record, type=SliceBatch))
        held.append(len(notes))

    segments.append = append  # type: ignore[method-assign]
    writing.write(notes)
    assert [[one.now for one in batch.slices] for batch in written] == [[0, 1], [2, 3], [4]]
    assert held == [3, 1, 0]
