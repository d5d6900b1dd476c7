"""A real tree with a real file: H26, a kill, a refusal, and the end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from recorded_lamps import LampSpec, lamps

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    Runtime,
    StoreError,
)
from fsmv2.core import Report, Save
from fsmv2.runtime import store_writer
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.store import Identity, MemoryStore, SqliteStore


def plant(count: int, note: str = "") -> ChildSpec:
    return ChildSpec("plant", "lamp", LampSpec(lamps=count, note=note))


def all_run(count: int) -> Any:
    def check(tree: Any) -> bool:
        return len(tree.nodes) == count and all(n.state == "running" for n in tree.nodes)

    return check


def stored_condition(tree: Any) -> str:
    return next((c.reason for c in tree["plant"].conditions if c.type == "Stored"), "")


def said(reports: list[Report]) -> list[Report]:
    return [report for report in reports if report.kind == "store"]


def paths(file: Path) -> dict[str, float]:
    store = SqliteStore(file)
    known = store.open()
    store.close()
    return {one.path: one.created_at for one in known}


def test_a_tree_is_stored_and_keeps_its_age(tmp_path: Path) -> None:
    file = tmp_path / "store.db"

    async def once() -> None:
        async with Runtime(plant(3), lamps(), store=SqliteStore(file)) as tree:
            await tree.until(all_run(4), timeout=200)
            kept = await tree.stored("plant/l1")
            assert kept is not None
            assert kept.desired is not None
            assert msgspec.json.decode(kept.desired.desired)["config"] == {"note": ""}
            assert await tree.stored("plant/l9") is None

    asyncio.run(once())
    ages = paths(file)
    assert set(ages) == {"plant", "plant/l0", "plant/l1", "plant/l2"}
    asyncio.run(once())
    assert paths(file) == ages


def test_the_end_of_a_tree_is_stored_too(tmp_path: Path) -> None:
    file = tmp_path / "store.db"

    async def once() -> None:
        async with Runtime(plant(1), lamps(), store=SqliteStore(file)) as tree:
            await tree.until(all_run(2), timeout=200)

    asyncio.run(once())
    store = SqliteStore(file)
    store.open()
    texts = [(e.event.kind, e.event.path, e.event.text) for e in store.events()]
    store.close()
    # not always the last: an observation that arrives too late is dropped after it
    assert ("removed", "plant", "stopped and released") in texts
    assert ("applied", "plant", "declared by start") in texts


def test_h26_a_store_that_fails_while_running_stops_nothing(tmp_path: Path) -> None:
    """The file is full: the tree runs on and changes from memory, says so, and stores it later."""
    store = SqliteStore(tmp_path / "store.db", max_bytes=120_000)
    reports: list[Report] = []

    async def check() -> None:
        async with Runtime(plant(2), lamps(), store=store, listener=reports.append) as tree:
            await tree.until(all_run(3), timeout=200)
            assert not stored_condition(await tree.view())
            before = await tree.stored("plant/l0")
            assert before is not None
            tree.declare(plant(4, note="x" * 200_000))
            full = await tree.until(lambda t: bool(stored_condition(t)), timeout=200)
            assert "continues from memory" in stored_condition(full)
            assert "database or disk is full" in stored_condition(full)
            after = await tree.until(all_run(5), timeout=200)
            assert all(node.incarnation == 1 for node in after.nodes), "nothing was restarted"
            after_failing = await tree.stored("plant/l0")
            assert after_failing is not None
            assert after_failing.desired == before.desired, "what was stored is as it was"
            tree.declare(plant(5, note="short again"))
            well = await tree.until(lambda t: not stored_condition(t), timeout=200)
            assert well["plant"].healthy
            await tree.until(all_run(6), timeout=200)
            kept = await tree.stored("plant/l3")
            assert kept is not None
            assert kept.desired is not None
            assert b"short again" in kept.desired.desired

    asyncio.run(check())
    assert [r.level for r in said(reports)] == ["error", "info"]
    assert "database or disk is full" in said(reports)[0].text


def test_h26_a_file_deleted_while_running_is_filled_anew(tmp_path: Path) -> None:
    """The directory is emptied; what runs is written into a new file."""
    file = tmp_path / "store.db"
    reports: list[Report] = []

    async def check() -> None:
        store = SqliteStore(file)
        async with Runtime(plant(2), lamps(), store=store, listener=reports.append) as tree:
            await tree.until(all_run(3), timeout=200)
            file.unlink()
            tree.declare(plant(3))
            await tree.until(lambda _: len(said(reports)) == 2, timeout=200)
            well = await tree.until(all_run(4), timeout=200)
            assert not stored_condition(well)

    asyncio.run(check())
    assert "deleted or replaced while it was in use" in said(reports)[0].text
    assert said(reports)[1].text == "the store works again; all is stored"
    assert set(paths(file)) == {"plant", "plant/l0", "plant/l1", "plant/l2"}


class Hanging(MemoryStore):
    """A network disk whose server is gone: it neither writes nor fails."""

    def __init__(self, until: Any) -> None:
        super().__init__()
        self._until = until

    def write(self, batch: Any) -> None:
        self._until.wait(60)


def test_h26_a_store_that_hangs_neither_holds_up_the_start_nor_the_end() -> None:
    import threading

    let_go = threading.Event()
    reports: list[Report] = []

    async def check() -> float:
        settings = EngineSettings(store_patience=1.0)
        store = Hanging(let_go)
        async with Runtime(
            plant(2), lamps(), settings=settings, store=store, listener=reports.append
        ) as tree:
            tree_now = await tree.until(all_run(3), timeout=200)
            assert "it has not answered for 1 s" in stored_condition(tree_now)
            began = time.monotonic()
        return time.monotonic() - began

    try:
        assert asyncio.run(check()) < 15
        assert reports[-1].text.startswith("not stored at the end: the last changes")
    finally:
        let_go.set()


class FailsTwice(MemoryStore):
    """A disk that comes back after two attempts."""

    attempts = 0

    def write(self, batch: Any) -> None:
        self.attempts += 1
        if self.attempts <= 2:
            raise StoreError("the disk is away.")
        super().write(batch)


def test_what_could_not_be_written_is_written_when_the_store_works_again() -> None:
    store = FailsTwice()
    reports: list[Report] = []

    async def check() -> None:
        async with Runtime(plant(2), lamps(), store=store, listener=reports.append) as tree:
            await tree.until(lambda _: len(said(reports)) == 2, timeout=200)
            for path in ("plant", "plant/l0", "plant/l1"):
                assert await tree.stored(path) is not None

    asyncio.run(check())
    stored = [e.event.text for e in store.events(limit=10_000)]
    assert stored == [report.text for report in reports], "no event is lost, none is there twice"


def test_a_refused_store_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_text("my notes")

    async def check() -> None:
        runtime = Runtime(plant(1), lamps(), store=SqliteStore(file))
        with pytest.raises(StoreError, match="cannot be read"):
            async with runtime:
                pass
        assert runtime.core.by_path == {}

    asyncio.run(check())
    assert file.read_text() == "my notes"


def test_two_trees_do_not_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "store.db"

    async def check() -> None:
        async with Runtime(plant(1), lamps(), store=SqliteStore(file)) as tree:
            with pytest.raises(
                StoreError, match=f"in use by another tree in this process, {os.getpid()}"
            ):
                async with Runtime(plant(1), lamps(), store=SqliteStore(file)):
                    pass
            await tree.until(all_run(2), timeout=200)

    asyncio.run(check())


TREE = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from test_store_writer import Runtime, SqliteStore, all_run, lamps, plant

async def main():
    note = 0
    async with Runtime(plant(20), lamps(), store=SqliteStore(sys.argv[1])) as tree:
        await tree.until(all_run(21), timeout=200)
        print("running", flush=True)
        while True:
            note += 1
            tree.declare(plant(20, note=str(note)))
            await asyncio.sleep(0.005)

asyncio.run(main())
"""


@pytest.mark.real
def test_a_killed_tree_starts_again_as_it_was(tmp_path: Path) -> None:
    """kill -9 while everything changes, three times: no path is lost, none is younger."""
    file, ages = tmp_path / "store.db", {}
    for round_ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", TREE, str(file), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            time.sleep(0.05 * round_)  # the situation: a kill at no particular moment
            process.send_signal(signal.SIGKILL)
        found = paths(file)
        assert len(found) == 21
        assert ages in ({}, found)
        ages = found


def test_a_memory_store_outlives_a_runtime() -> None:
    store = MemoryStore()

    async def once() -> None:
        async with Runtime(plant(1), lamps(), store=store) as tree:
            await tree.until(all_run(2), timeout=200)

    asyncio.run(once())
    known = store.open()
    store.close()
    asyncio.run(once())
    assert store.open() == known
    assert isinstance(known[0], Identity)


def saved(path: str, number: int) -> Save:
    desired = DesiredState("running")
    return Save(path, 1, number, 1.0, 1.0, ChildSpec(path, "lamp", LampSpec()), desired)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def test_many_changes_in_a_row_are_gathered_and_written_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a pause that has no end: the first is durable at once, the second at the close."""
    monkeypatch.setattr(store_writer, "PAUSE_OF_EACH", 1e6)
    monkeypatch.setattr(store_writer, "LONGEST_PAUSE", 1e6)
    store = MemoryStore()
    writer = StoreWriter(store, lambda: 0.0)
    await writer.open()
    writer.put([saved("first", 1)])
    await until(lambda: store.read("first") is not None)
    writer.put([saved("second", 2)])
    found = [await writer.call(lambda s: s.read("second")) for _ in range(3)]
    assert found == [None, None, None]
    assert await writer.close(60) == ""
    assert store.read("second") is not None


async def test_what_somebody_waits_for_does_not_wait_for_what_is_gathered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_writer, "GATHER", 1e6)
    store = MemoryStore()
    writer = StoreWriter(store, lambda: 0.0)
    await writer.open()
    report = Report("error", "first", "it leaks", 1.0)
    writer.add_event(report)
    await writer.call(lambda s: s.read("first"))  # the thread waits again, for what is gathered
    writer.add_event(report)
    writer.put([saved("first", 1)])
    await until(lambda: store.read("first") is not None)
    assert await writer.close(60) == ""
