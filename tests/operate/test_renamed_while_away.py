"""A process gets another name in the document while fsmv2 is away, and what ran runs on. H98"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fsmv2.operate import TreeHandle, open_tree

pytestmark = pytest.mark.real

PROGRAM = """\
mkdir "$1/runs" || echo twice >> "$1/log"
trap 'sleep 0.3; rmdir "$1/runs"; exit 0' TERM
echo began >> "$1/log"
sleep 1000 & wait
"""


def document(folder: Path, name: str) -> str:
    command = f"[sh, {folder}/program, {folder}]"
    return f"agent: {{name: edge}}\nprocesses:\n  {name}: {{command: {command}}}\n"


async def runs(tree: TreeHandle, name: str) -> None:
    await tree.until(
        lambda view: (node := view.get(f"edge/{name}")) is not None and node.state == "running",
        timeout=200,
    )


@pytest.mark.thorough
async def test_h98_a_process_renamed_while_fsmv2_was_away_never_runs_beside_itself(
    tmp_path: Path,
) -> None:
    file, log = tmp_path / "plant.yaml", tmp_path / "log"
    (tmp_path / "program").write_text(PROGRAM)
    file.write_text(document(tmp_path, "old"))
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await runs(tree, "old")
        await tree.leave()
    file.write_text(document(tmp_path, "new"))
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await runs(tree, "new")
        for _ in range(1500):
            if log.read_text().count("began") == 2:
                break
            await asyncio.sleep(0.02)
    assert log.read_text().split() == ["began", "began"]
