"""Why there is no answer about a worker, when there is none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fsmv2.errors import NoJournalError, NotRecordedError, NotRunningError, UnknownPathError
from fsmv2.operate import open_tree, why
from fsmv2.operate.run_record import begin_record
from fsmv2.operate.state_directory import held


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: edge}\n")
    return file


def test_of_a_document_that_never_ran_nothing_is_known(document: Path, tmp_path: Path) -> None:
    with pytest.raises(NoJournalError, match="nothing is known of a run") as raised:
        why(document, "edge", state_dir=tmp_path / "state")
    assert f"fsmv2 run {document}" in raised.value.fix


def test_a_run_whose_journal_holds_nothing_yet_is_told_apart(
    document: Path, tmp_path: Path
) -> None:
    with held(tmp_path / "state"):
        begin_record(tmp_path / "state", document)
        with pytest.raises(NotRecordedError, match="nothing is recorded of it"):
            why(document, "edge", state_dir=tmp_path / "state")


async def test_a_run_that_has_only_taken_the_lock_is_not_answered_from_the_run_before(
    document: Path, tmp_path: Path
) -> None:
    """Between the lock and the record everything in the directory is of the earlier run."""
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        await tree.until(lambda view: view["edge"].healthy, timeout=200)
    time.sleep(0.02)  # noqa: ASYNC251 - longer than the clock of a file system ticks
    earlier = "the journal that is there is of an earlier"
    with held(state), pytest.raises(NotRecordedError, match=earlier):
        why(document, "edge", state_dir=state)


async def test_of_a_tree_that_was_stopped_the_time_is_named(document: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        await tree.until(lambda view: view["edge"].healthy, timeout=200)
    with pytest.raises(NotRunningError, match="it was stopped at "):
        why(document, "edge", state_dir=state)


def test_no_answer_is_a_mistake_of_the_program_as_well() -> None:
    assert issubclass(UnknownPathError, LookupError)
