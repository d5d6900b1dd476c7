"""What a program may ask of the store of a running tree, with a store and without one."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from recorded_lamps import LampSpec, lamps

from fsmv2 import ChildSpec, FsmError, Runtime
from fsmv2.store import SqliteStore


def test_a_running_tree_answers_from_its_store(tmp_path: Path) -> None:
    async def check() -> None:
        store = SqliteStore(tmp_path / "store.db")
        async with Runtime(ChildSpec("lamp", "lamp", LampSpec()), lamps(), store=store) as tree:
            await tree.until(lambda view: view["lamp"].state == "running", timeout=60)
            asked_on = await tree.with_store(lambda _: threading.current_thread())
            assert asked_on not in (None, threading.current_thread())
            kept = await tree.stored("lamp")
            assert kept is not None
            assert kept.identity.path == "lamp"
            assert await tree.stored("lump") is None
            assert "applied" in {one.event.kind for one in await tree.events(path="lamp")}
            assert len(await tree.events(limit=1)) == 1

    asyncio.run(check())


def test_without_a_store_there_is_what_happened_in_this_run() -> None:
    async def check() -> None:
        async with Runtime(ChildSpec("lamp", "lamp", LampSpec()), lamps()) as tree:
            assert await tree.with_store(lambda _: 1) is None
            assert await tree.stored("lamp") is None
            for _ in range(20_000):  # it is noted a moment later
                if events := await tree.events():
                    break
                await asyncio.sleep(0.01)
            assert events[0].event.kind == "applied"

    asyncio.run(check())


def test_a_tree_that_does_not_run_cannot_be_asked() -> None:
    tree = Runtime(ChildSpec("lamp", "lamp", LampSpec()), lamps())
    with pytest.raises(FsmError):
        asyncio.run(tree.stored("lamp"))
