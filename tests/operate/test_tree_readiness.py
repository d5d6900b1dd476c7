"""Whether a tree is what its document asks for, as a health check is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fsmv2.operate import open_tree, tree_readiness
from fsmv2.operate.health_data import Readiness
from fsmv2.operate.tree_handle import TreeHandle

DOCUMENT = """
agent: {name: edge}
processes:
  ticker: {command: [sleep, "1000"]}
  broken: {command: ["false"]}
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


async def until_ready(tree: TreeHandle) -> None:
    async with asyncio.timeout(30):
        while not tree.readiness().ready:  # noqa: ASYNC110  (another thread)
            await asyncio.sleep(0.02)


async def test_who_is_not_there_is_named_with_the_reason_as_by_unsettled(document: Path) -> None:
    async with open_tree(document, state_dir=document.parent / "state") as tree:
        await tree.until(lambda view: view["edge/ticker"].state == "running", timeout=200)
        found = tree.readiness()
        assert not found.ready
        assert found.reason == "1 of 3 workers is not what the document asks for"
        assert list(found.unsettled) == ["edge/broken"]
        assert list(await tree.unsettled()) == ["edge/broken"]
        await tree.stop_path("edge/broken", wait=20)
        await until_ready(tree)
        assert tree.readiness() == Readiness(
            ready=True, reason="", workers=3, unsettled={}, unsettled_total=0
        )


async def test_a_tree_that_starts_or_stops_is_not_ready(document: Path) -> None:
    async with open_tree(document, state_dir=document.parent / "state") as tree:
        seen = set()
        async with asyncio.timeout(30):
            while not (found := tree.readiness()).unsettled:
                assert not found.ready
                seen.add(found.reason)
                await asyncio.sleep(0)
        await tree.stop_path("edge/broken", wait=20)
        await until_ready(tree)
        stopping = asyncio.ensure_future(tree.stop())
        async with asyncio.timeout(30):
            while tree.readiness().ready:  # noqa: ASYNC110  (another thread)
                await asyncio.sleep(0)
        assert "stop" in tree.readiness().reason
        await stopping


@pytest.fixture
def of_many(document: Path) -> Path:
    names = "\n".join(f'  p{n}: {{command: ["false"]}}' for n in range(5))
    document.write_text(f"agent: {{name: edge}}\nprocesses:\n{names}\n")
    return document


async def test_many_are_counted_and_some_are_named(
    of_many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_readiness, "MOST_NAMED", 2)
    document = of_many
    async with open_tree(document, state_dir=document.parent / "state") as tree:
        async with asyncio.timeout(30):
            while (found := tree.readiness()).unsettled_total < 5:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert len(found.unsettled) == 2
        assert found.reason == "5 of 6 workers are not what the document asks for"
