"""The journal of a real tree: written on its thread, bounded, never in the way, and replayed."""

from __future__ import annotations

import asyncio
import errno
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    Runtime,
    StoreError,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.core import Report
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.runtime.journal import journal_writer, recorder
from fsmv2.runtime.journal.files import JournalFiles
from fsmv2.store import MemoryStore, segmented_log, write_failure
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import failure_in
from fsmv2.testing import Replayed, replay
from removed_folder import remove_folder


class LampSpec(UserSpec):
    note: str = ""
    lamps: int = 0


class LampObserved(ObservedState):
    lit: bool = False
    note: str = ""


class Lamp(Worker[LampSpec, LampObserved]):
    """A lamp that is lit by an action; a root has some below it."""

    update_policy = "in_place"
    interval = 0.1

    def __init__(self) -> None:
        self.lit = False

    def derive_desired_state(self, spec: LampSpec, previous_observed: Any) -> DesiredState:
        below = tuple(
            ChildSpec(f"l{n}", "lamp", LampSpec(note=spec.note)) for n in range(spec.lamps)
        )
        return DesiredState("running", children_specs=below, config={"note": spec.note})

    async def collect_observed_state(self, spec: LampSpec, resources: Any) -> LampObserved:
        return LampObserved(lit=self.lit, note=spec.note)

    @action()
    async def light(self, spec: LampSpec, resources: Any) -> None:
        self.lit = True

    @state("stopped", to="starting")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.starting, "asked to run")

    @state("starting", to="running stopped")
    def starting(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.running, "lit") if s.observed.lit else act(self.light, "dark")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("lit")


def lamps() -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Lamp)
    return factory


def root(count: int, note: str = "") -> ChildSpec:
    return ChildSpec("root", "lamp", LampSpec(lamps=count, note=note))


class Told(list[Report]):
    """What a tree reported of its journal."""

    def __call__(self, report: Report) -> None:
        if report.kind == "journal":
            self.append(report)

    @property
    def texts(self) -> str:
        return "\n".join(f"{report.level}: {report.text}" for report in self)


async def lit(tree: Runtime, count: int) -> None:
    await tree.until(lambda t: sum(n.state == "running" for n in t.nodes) == count + 1, timeout=60)


async def so(condition: Callable[[], bool]) -> None:
    """Wait until it is so; of another thread's doing."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def all_the_same(folder: Path) -> Replayed:
    found = replay(folder, lamps())
    assert found.difference is None, found.difference
    assert found.not_kept == ()
    return found


async def test_a_real_tree_is_decided_again_as_it_was(tmp_path: Path) -> None:
    told = Told()
    async with Runtime(
        root(20), lamps(), journal=tmp_path / "journal", store=MemoryStore(), listener=told
    ) as tree:
        await lit(tree, 20)
        tree.declare(root(15, note="another"))
        await tree.until(lambda t: len(t.nodes) == 16, timeout=30)
        tree.restart("root/l3")
        await tree.until(lambda t: t["root/l3"].incarnation == 2, timeout=30)
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
            await tree.until(lambda t, note=note: t["root/l7"].observed.note == note, timeout=30)
    found = all_the_same(tmp_path)
    assert len(found.segments) > 3
    assert {segment.why for segment in found.segments[1:]} == {"goes on"}
    for segment in found.segments:
        assert replay(segment.path, lamps()).difference is None


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
        await tree.until(lambda t: t["root/l3"].incarnation == 2, timeout=30)
    assert "error: it has a gap: more than 50 events and instructions wait" in told.texts
    found = all_the_same(tmp_path)
    assert [segment.why for segment in found.segments][:2] == ["the start", "goes on after a gap"]
    assert found.core is not None
    assert found.core.finished


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


async def test_a_size_of_nothing_keeps_none(tmp_path: Path) -> None:
    settings = EngineSettings(journal_mb=0)
    async with Runtime(root(1), lamps(), journal=tmp_path / "j", settings=settings) as tree:
        await lit(tree, 1)
    assert not (tmp_path / "j").exists()


VICTIM = """
import asyncio, sys, time
sys.path[:0] = sys.argv[2:]
from test_journal import lamps, root
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


def test_after_a_kill_it_is_replayed_up_to_the_last_moment(tmp_path: Path) -> None:
    """Killed again and again in one folder, in the middle of whatever it did."""
    chance, here = random.Random(8), Path(__file__).parent
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
        await so(lambda: "No space left on device" in getattr(failure_in(journal), "why", ""))
        full[0] = False
        await so(lambda: len(segments_in(journal)) > 1)
        await so(lambda: failure_in(journal) is None)
        tree.declare(root(3))
        await lit(tree, 3)
    found = all_the_same(journal)
    assert [s.problem for s in found.segments] == [""] * len(found.segments)


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
