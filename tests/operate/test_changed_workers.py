"""What a look finds: those who changed, each once, with whom they affect; and who has gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.changed_workers import FoundChanges, WorkerChanges
from fsmv2.operate.trouble import rows_of

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  a: {command: [sleep, "1000"]}
  b: {command: [sleep, "1000"]}
"""


async def settled(tree: TreeHandle, changes: WorkerChanges) -> None:
    """Look until a look finds the tree as the tree itself has it."""
    async with asyncio.timeout(60):
        while True:
            changes.look()
            rows = {row.path: (row.state, row.trouble, row.below) for row in changes.rows.values()}
            now = rows_of((await tree.view()).nodes, tree._kit.factory)
            if rows == {row.path: (row.state, row.trouble, row.below) for row in now}:
                return
            await asyncio.sleep(0.02)


async def test_looks_follow_a_tree_and_find_only_what_changed(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: view["edge/b"].state == "running", timeout=60)
        changes = tree.worker_changes()
        first = changes.look()
        assert [row.path for row in first.rows] == list(changes.rows)
        assert next(iter(changes.rows)) == "edge", "parents before children"
        assert first.gone == []
        await settled(tree, changes)

        # What is asked for by hand: the row of it, and of nobody beside it.
        await tree.stop_path("edge/a", reason="cleaning")
        found = await _until(changes, lambda: changes.rows["edge/a"].state == "stopped")
        assert "edge/a" in {row.path for one in found for row in one.rows}
        assert "edge/b" not in {row.path for one in found for row in one.rows}
        assert changes.rows["edge/a"].trouble == "overridden"
        assert "cleaning" in changes.rows["edge/a"].overrides[0]
        await settled(tree, changes)

        # An override of the parent is in force below it, too.
        await tree.pause("edge", reason="all of it")
        await _until(
            changes, lambda: any("all of it" in t for t in changes.rows["edge/b"].overrides)
        )
        await settled(tree, changes)

        # One that is declared no more is gone, once.
        root, spec = tree.plant.root, tree.plant.root.user_spec
        fewer = [one for one in spec.processes if one.name != "b"]
        await tree.resume("edge")
        tree.declare(_with(root, fewer))
        found = await _until(changes, lambda: "edge/b" not in changes.rows)
        assert [path for one in found for path in one.gone] == ["edge/b"]
        await settled(tree, changes)


def _with(root, processes):  # type: ignore[no-untyped-def]
    import msgspec

    spec = msgspec.structs.replace(root.user_spec, processes=tuple(processes))
    return msgspec.structs.replace(root, user_spec=spec)


async def _until(changes: WorkerChanges, condition) -> list[FoundChanges]:  # type: ignore[no-untyped-def]
    found: list[FoundChanges] = []
    async with asyncio.timeout(60):
        while True:
            found.append(changes.look())
            if condition():
                return found
            await asyncio.sleep(0.02)
