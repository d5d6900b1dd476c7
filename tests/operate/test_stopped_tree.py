"""What is known of a tree that was stopped, without its journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.errors import NoJournalError, NotRunningError
from fsmv2.operate import open_tree, prepare
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.live_status import why
from fsmv2.operate.run_record import RunRecord, begin_record, keep_record, record_in, record_stop
from fsmv2.operate.state_directory import short_path
from fsmv2.operate.stopped_tree import refuse_unrecorded
from fsmv2.operate.tree_opening import start
from fsmv2.operate.tree_status import tree_status
from fsmv2.operate.worker_filter import WorkerFilter

DOCUMENT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\nengine: {journal_mb: 0}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


def assert_unknown(directory: Path, document: Path) -> None:
    """Nothing is known of a run that could be answered with."""
    with pytest.raises(NoJournalError, match="there is no journal in"):
        refuse_unrecorded(directory, document, named=True)


async def test_when_it_was_stopped_is_known_also_without_a_journal(file: Path) -> None:
    state = file.parent / "state"
    async with open_tree(file, state_dir=state):
        record = record_in(state)
        assert record is not None
        assert record.stopped is None
    with pytest.raises(NotRunningError, match=r"plant\.yaml is not running: it was stopped at 20"):
        tree_status(WorkerFilter(), WhichTree(state_dir=state))
    with pytest.raises(NotRunningError, match="it was stopped at 20") as refused:
        why("edge", state_dir=state)
    assert refused.value.fix.endswith("/state/journal --path edge")


async def test_of_one_that_left_its_processes_running_that_is_not_so(file: Path) -> None:
    state = file.parent / "state"
    async with open_tree(file, state_dir=state) as tree:
        await tree.leave()
    assert_unknown(state, file)
    with pytest.raises(NoJournalError):
        tree_status(WorkerFilter(), WhichTree(state_dir=state))


async def test_a_managed_one_is_started_by_its_state_directory(file: Path) -> None:
    state = file.parent / "state"
    with prepare(None, state_dir=state, init=file) as prepared:
        async with start(prepared) as tree:
            await tree.leave()
    with pytest.raises(NoJournalError) as refused:
        tree_status(WorkerFilter(), WhichTree(state_dir=state))
    assert refused.value.fix == f"Start it: fsmv2 run --state-dir {short_path(state)}"


def test_it_is_forgotten_when_the_next_run_begins(tmp_path: Path) -> None:
    keep_record(tmp_path, RunRecord(str(tmp_path / "plant.yaml"), 0.0, {}))
    record_stop(tmp_path)
    with pytest.raises(NotRunningError):
        refuse_unrecorded(tmp_path, tmp_path / "plant.yaml", named=True)
    begin_record(tmp_path, tmp_path / "plant.yaml")
    assert_unknown(tmp_path, tmp_path / "plant.yaml")
