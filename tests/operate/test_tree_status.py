"""The report of a tree, asked of it or read from its journal: the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operate.recorded_answer import recorded

from fsmv2.errors import NoJournalError, NotRunningError
from fsmv2.operate import open_tree
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.tree_status import tree_status
from fsmv2.operate.worker_filter import WorkerFilter

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
"""


async def test_of_a_tree_that_does_not_answer_the_journal_is_read(tmp_path: Path) -> None:
    """No API is served: the journal has all that the tree itself would report."""
    file, state = tmp_path / "plant.yaml", tmp_path / "state"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=state) as tree:
        await tree.until(lambda view: len(view.nodes) == 2, timeout=20)
        await tree.pause("edge/broker", reason="cleaning")
        own = await tree.report()
        await tree._runtime.checkpoint()
        found = await recorded(lambda: tree_status(WorkerFilter(), WhichTree(state_dir=state)))
        assert found.head.recorded
        assert found.head.process == own.head.process
        assert found.head.document == str(file)
        assert found.head.generation == own.head.generation == 1
        assert {row.path: row.type for row in found.rows} == {
            row.path: row.type for row in own.rows
        }
        assert [one.text for one in found.overrides] == [one.text for one in own.overrides]
    with pytest.raises(NotRunningError, match="it was stopped at"):
        tree_status(WorkerFilter(), WhichTree(state_dir=state))


def test_of_a_directory_without_a_run_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(NoJournalError, match="nothing is known of a run"):
        tree_status(WorkerFilter(), WhichTree(state_dir=tmp_path))
