"""Rows that are kept between questions: those of a fresh view, in its order, whatever happened."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from fsmv2.operate import TreeHandle, current_rows, open_tree
from fsmv2.operate.changed_workers import WorkerChanges
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText
from fsmv2.operate.trouble import rows_of
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow, aged

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  b: {command: [sleep, "1000"]}
  c: {command: [sleep, "1000"]}
"""

MORE = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  a: {command: [sleep, "1000"]}
  c: {command: [sleep, "1000"]}
  d: {command: [sleep, "1000"]}
"""


async def agrees(tree: TreeHandle) -> None:
    """Wait until the rows that are kept are those of a view; what is in between passes."""
    async with asyncio.timeout(60):
        while True:
            kept = [msgspec.structs.replace(row, age=0) for row in (await tree.current_rows()).rows]
            view = rows_of((await tree.view()).nodes, tree._kit.factory)
            if kept == [msgspec.structs.replace(row, age=0) for row in view]:
                return
            await asyncio.sleep(0.05)


async def test_the_rows_are_those_of_a_view_in_the_order_of_the_tree(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: view["edge/c"].state == "running", timeout=60)
        await agrees(tree)

        await tree.stop_path("edge/b", reason="cleaning")
        now = await tree.current_rows()
        (row,) = tree.rows_in(now, WorkerFilter(path="edge/b"))
        assert "cleaning" in row.overrides[0], "who has acted sees it"
        await agrees(tree)

        file.write_text(MORE)
        text = DocumentText(source=str(file), files={"": MORE.encode()})
        await tree.apply(ApplyRequest(document=text), wait=60)
        await agrees(tree)
        paths = [row.path for row in (await tree.current_rows()).rows]
        assert {path for path in paths if path[-1] in "abcd"} == {"edge/a", "edge/c", "edge/d"}


async def test_rows_are_looked_at_once_for_all_who_ask_at_about_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_rows, "fresh_for", lambda _: 3600.0)
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        first = await tree.current_rows()
        assert await tree.current_rows() is first
        before = time.monotonic()
        assert tree._rows.fresh(since=before) is None, "it began before"
        assert tree._rows.look(since=before) is not first


async def test_a_look_that_meets_a_change_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    looks = list[int]()
    real = WorkerChanges.look

    def look(self: WorkerChanges) -> object:
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("dictionary changed size during iteration")
        return real(self)

    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: view["edge/c"].state == "running", timeout=60)
        monkeypatch.setattr(WorkerChanges, "look", look)
        assert (await tree.current_rows()).rows
        assert len(looks) == 2


def test_ages_are_of_the_moment_they_are_asked_for() -> None:
    row = WorkerRow(
        path="edge",
        type="agent",
        state="active",
        phase="running",
        healthy=True,
        reason="",
        since=100.0,
        age=1.0,
        incarnation=1,
        overrides=(),
    )
    assert [one.age for one in aged((row,), 107.5)] == [7.5]
    assert [one.age for one in aged((row,), 99.0)] == [0.0], "the clock was set back"
