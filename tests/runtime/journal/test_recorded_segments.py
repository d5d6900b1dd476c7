"""Reading segments of a journal: which there are, and why reading ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from recorded_lamps import lamps, lit, root

from fsmv2 import Runtime
from fsmv2.errors import JournalError
from fsmv2.runtime.journal.recorded_segments import RecordedSegment, end_of, recorded


def test_a_state_directory_stands_for_the_journal_in_it(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal in"):
        recorded(tmp_path)
    with pytest.raises(JournalError, match="does not exist"):
        recorded(tmp_path / "nothing")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(JournalError, match="not a regular file"):
        recorded(tmp_path / "pipe")


async def test_a_segment_is_read_in_its_parts_and_its_end_is_a_time(tmp_path: Path) -> None:
    async with Runtime(root(2), lamps(), journal=tmp_path / "journal") as tree:
        await lit(tree, 2)
    (path,) = recorded(tmp_path)
    segment = RecordedSegment(path)
    start = segment.start()
    assert start is not None
    assert segment.whole()
    slices = list(segment.slices())
    assert slices
    assert segment.problem == ""
    assert segment.size == path.stat().st_size
    assert end_of(tmp_path) == pytest.approx(
        (slices[-1].epoch or start.head.epoch) + slices[-1].now, abs=3600
    )
