"""The recorder: what is written, what is left out, and which trouble ends nothing."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from raising_tree import runs, tree_of
from recorded_lamps import Told, all_the_same, lamps, lit, root, so

from fsmv2 import (
    EngineSettings,
    Runtime,
)
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.runtime.journal import recorder
from fsmv2.runtime.journal.files import JournalFiles
from fsmv2.store import segmented_log


async def test_a_quiet_tree_writes_nothing(tmp_path: Path) -> None:
    """Runs in which nothing was due are one number, written with the next that is not."""
    settings = EngineSettings(types={"lamp": TypeSettings(interval=60.0)})
    async with Runtime(root(0), lamps(), journal=tmp_path, settings=settings) as tree:
        await lit(tree, 0)
        await asyncio.sleep(0.5)
        (file,) = segmented_log.segments_in(tmp_path)
        size, slices = file.stat().st_size, tree.supervision.slices
        await so(lambda: tree.supervision.slices >= slices + 2)
        assert file.stat().st_size == size
    assert all_the_same(tmp_path).segments[0].runs > 2


async def test_what_cannot_be_written_in_time_is_a_gap_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs: supervision goes on, memory stays bounded, and it begins anew."""
    monkeypatch.setattr(recorder, "WAITING", 50)
    hangs, write, told = threading.Event(), JournalFiles.write, Told()
    monkeypatch.setattr(
        JournalFiles, "write", lambda files, notes: (hangs.wait(20), write(files, notes))
    )
    async with Runtime(root(20), lamps(), journal=tmp_path, listener=told) as tree:
        await lit(tree, 20)  # all the same
        waits = tree._parts.journal
        assert waits is not None
        assert waits.waiting < 400
        monkeypatch.setattr(recorder, "WAITING", 10**6)
        hangs.set()
        await so(lambda: len(segmented_log.segments_in(tmp_path)) == 2)
        tree.restart("root/l3")
        await tree.until(lambda t: t["root/l3"].incarnation == 2, timeout=200)
    assert "error: it has a gap: more than 50 events and instructions wait" in told.texts
    found = all_the_same(tmp_path)
    assert [segment.why for segment in found.segments][:2] == ["the start", "goes on after a gap"]
    assert found.core is not None
    assert found.core.finished


async def test_a_place_that_cannot_be_written_keeps_no_tree_from_running(tmp_path: Path) -> None:
    told, place = Told(), tmp_path / "journal"
    place.write_text("my notes")
    async with Runtime(root(3), lamps(), journal=place, listener=told) as tree:
        await lit(tree, 3)
        await so(lambda: bool(told))
    assert "cannot be written" in told.texts
    assert place.read_text() == "my notes"


async def test_a_tree_too_large_for_its_journal_is_told_how_to_mend_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    monkeypatch.setattr(
        segmented_log.SegmentedLog, "__init__", _tiny(segmented_log.SegmentedLog.__init__)
    )
    monkeypatch.setattr(segmented_log, "SHARE", 10**9)
    async with Runtime(root(200), lamps(), journal=tmp_path, listener=told) as tree:
        await lit(tree, 200)
        await so(lambda: bool(told))
        assert "Raise `journal_mb`, or set it to 0" in told.texts
    assert sum(path.stat().st_size for path in segmented_log.segments_in(tmp_path)) <= 8_000


def _tiny(make: Any) -> Any:
    def init(self: Any, folder: Path, max_bytes: int) -> None:
        make(self, folder, 8_000)

    return init


async def test_a_size_of_nothing_keeps_none(tmp_path: Path) -> None:
    settings = EngineSettings(journal_mb=0)
    async with Runtime(root(1), lamps(), journal=tmp_path / "j", settings=settings) as tree:
        await lit(tree, 1)
    assert not (tmp_path / "j").exists()


async def test_h68_a_recorder_that_raises_is_done_without(tmp_path: Any) -> None:
    _, runtime = tree_of(journal=tmp_path)
    async with runtime as tree:
        recorder = tree.supervision.recorder
        assert recorder is not None
        recorder.record_slice = lambda *_, **__: _raise(SystemExit(3))  # type: ignore[method-assign]
        await tree.until(runs, timeout=200)
        await tree.until(lambda _: tree.supervision.recorder is None, timeout=200)


def _raise(error: BaseException) -> Any:
    raise error
