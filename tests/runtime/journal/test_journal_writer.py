"""The writer of a journal: lost folders and full disks."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from recorded_lamps import Told, all_the_same, lamps, lit, root, so

from fsmv2 import (
    Runtime,
)
from fsmv2.core.contract.instructions import Collect
from fsmv2.runtime.journal import journal_writer
from fsmv2.runtime.journal.format import RecordedSlice
from fsmv2.runtime.journal.journal_writer import JournalWriter
from fsmv2.store import segmented_log, write_failure
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import failure_in
from removed_folder import remove_folder


async def test_a_folder_that_is_deleted_is_told_and_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "RETRY", 0.3)
    told, folder = Told(), tmp_path / "journal"
    async with Runtime(root(5), lamps(), journal=folder, listener=told) as tree:
        await lit(tree, 5)
        await so(lambda: bool(segmented_log.segments_in(folder)))
        remove_folder(folder)
        tree.declare(root(5, note="another"))
        await so(lambda: bool(told))
        assert "error: what happens is not recorded: " in told.texts
        assert "deleted or replaced while it was in use" in told.texts
        await so(lambda: bool(segmented_log.segments_in(folder)))
        tree.declare(root(6))
        await lit(tree, 6)
    assert all_the_same(folder).segments[0].why == "goes on after a gap"


async def test_while_the_disk_is_full_it_says_why_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, told = tmp_path / "journal", Told()
    full, real = [False], os.write

    def write(file: int, data: bytes) -> int:
        if full[0] and os.readlink(f"/proc/self/fd/{file}").endswith(".journal"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr("fsmv2.runtime.journal.journal_writer.RETRY", 0.05)
    async with Runtime(root(1), lamps(), journal=journal, listener=told.append) as tree:
        await lit(tree, 1)
        # The room for the note of a failure is taken once the first segment has begun.
        await so((journal / write_failure.NAME).exists)
        full[0] = True
        tree.declare(root(2))
        await so(lambda: "cannot be written" in told.texts)
        # A retry that begins a file withdraws it for a moment, and fails at the first write.
        await so(lambda: "the disk is full" in getattr(failure_in(journal), "why", ""))
        full[0] = False
        await so(lambda: len(segments_in(journal)) > 1)
        await so(lambda: failure_in(journal) is None)
        tree.declare(root(3))
        await lit(tree, 3)
    found = all_the_same(journal)
    assert [s.problem for s in found.segments] == [""] * len(found.segments)


def a_slice(*, more: bool, instructions: int = 1) -> RecordedSlice:
    """A slice after which supervision has more to decide, or not."""
    return RecordedSlice(1.0, 0, 1, more, None, [], [Collect("g", 1)] * instructions)


class Waits:
    """Stands in for the event that the thread waits on: does something at the third wait."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.number = 0
        self._then = then

    def wait(self, _seconds: float) -> bool:
        """As that of an event."""
        self.number += 1
        assert self.number <= 3, "it waits on"
        if self.number == 3:
            self._then()
        return False


def waits(writer: JournalWriter, then: Callable[[], None]) -> int:
    """How often it waits before it writes what has been put in."""
    stand_in = Waits(then)
    writer._closing = stand_in  # type: ignore[assignment]  # nothing else of it is used here
    writer._give_way(time.monotonic())
    return stand_in.number


def test_how_long_it_gives_way_counts_from_what_waits_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came while the last lot was written has waited already, and a kill would lose it."""
    monkeypatch.setattr(journal_writer, "GIVES_WAY", 600.0)
    writer = JournalWriter(tmp_path, 1_000_000)
    writer.put(a_slice(more=True))
    stand_in = Waits(lambda: None)
    writer._closing = stand_in  # type: ignore[assignment]  # nothing else of it is used here
    writer._give_way(time.monotonic() - 601.0)
    assert stand_in.number == 0


def test_it_gives_way_until_supervision_has_nothing_more_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "GIVES_WAY", 600.0)
    writer = JournalWriter(tmp_path, 1_000_000)
    assert waits(writer, lambda: None) == 0
    writer.put(a_slice(more=True))
    assert waits(writer, lambda: writer.put(a_slice(more=False))) == 3


def test_it_gives_way_only_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_writer, "GIVES_WAY", 0.0)
    writer = JournalWriter(tmp_path, 1_000_000)
    writer.put(a_slice(more=True))
    assert waits(writer, lambda: None) == 0


def test_it_gives_way_only_while_little_waits_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "GIVES_WAY", 600.0)
    writer = JournalWriter(tmp_path, 1_000_000)
    writer.put(a_slice(more=True, instructions=60_000))
    assert waits(writer, lambda: None) == 0
