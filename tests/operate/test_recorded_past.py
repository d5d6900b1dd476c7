"""A tree as it was: at a moment of a run, before all runs, between two, and of another version."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from recorded_answer import recorded

from fsmv2.errors import JournalError, NotRecordedError, NotRunningError, UnknownPathError
from fsmv2.operate import open_tree
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.live_status import why
from fsmv2.operate.prepared_tree import read_document
from fsmv2.operate.state_directory import held
from fsmv2.operate.tree_opening import start
from fsmv2.operate.tree_status import tree_status
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_questions import describe, obstacles
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.runtime.journal import recorded_segments

DOCUMENT = """\
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes: {web: {command: [sleep, "1000"]}}
"""


class Past:
    """A run that has ended, and moments of it: the process ran, it was stopped by hand, the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "state"
        self.document = folder / "plant.yaml"
        self.document.write_text(DOCUMENT)
        self.before = time.time()
        self.running = self.stopped = self.after = 0.0
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with open_tree(self.document, state_dir=self.state) as tree:
            await tree.until(lambda view: view["edge/web"].state == "running", timeout=200)
            self.running = time.time()
            await tree.stop_path("edge/web", reason="a new blade", who="ann", wait=200)
            self.stopped = time.time()

            def asked() -> bool:
                found = self.status(self.stopped)
                return found.node.state == "stopped"

            assert await recorded(asked, lambda was: was)
        self.after = time.time()

    def tree(self, at: float) -> WhichTree:
        return WhichTree(document=self.document, state_dir=self.state, at=at)

    def status(self, at: float) -> WorkerStatus:
        return why("edge/web", document=self.document, state_dir=self.state, at=at)


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    with tempfile.TemporaryDirectory() as folder:
        yield Past(Path(folder))


def test_a_worker_is_as_it_was_at_each_moment(past: Past) -> None:
    ran, stopped = past.status(past.running), past.status(past.stopped)
    assert (ran.node.state, stopped.node.state) == ("running", "stopped")
    assert ran.node.overrides == ()
    assert stopped.node.overrides == ("stopped by ann: a new blade",)
    assert ran.past.startswith("this is how it was at ")
    assert abs(ran.at - past.running) < 0.001
    assert ran.process == ""


def test_all_questions_about_what_is_are_answered_of_what_was(past: Past) -> None:
    described = describe("edge/web", past.tree(past.running))
    assert (described.state, described.overrides) == ("running", ())
    assert described.events
    assert all(event.at <= past.running for event in described.events)
    report = tree_status(WorkerFilter(), past.tree(past.running))
    assert {row.path: row.state for row in report.rows}["edge/web"] == "running"
    assert (report.head.generation, report.head.process) == (1, "")
    assert report.head.past == described.past
    missing = obstacles("edge/web", "running", past.tree(past.stopped))
    assert any("ann" in one.text for one in missing.obstacles)
    assert missing.past


def test_a_worker_that_was_not_there_is_named_with_the_nearest(past: Past) -> None:
    with pytest.raises(UnknownPathError) as raised:
        describe("edge/wbe", past.tree(past.running))
    assert "edge/web" in raised.value.fix


def test_before_the_journal_it_is_said_from_when_to_when_it_reaches(past: Past) -> None:
    with pytest.raises(NotRecordedError, match=r"it reaches from \d\d:\d\d:\d\d to ") as raised:
        past.status(past.before - 3600)
    assert "fsmv2 events --until" in raised.value.fix


def test_after_a_stop_nothing_ran(past: Past) -> None:
    with pytest.raises(NotRunningError, match="it was stopped at "):
        past.status(past.after + 1)


def test_a_journal_of_another_version_is_refused_with_its_version(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = recorded_segments.RecordedSegment.start

    def older(self: recorded_segments.RecordedSegment) -> object:
        found = start(self)
        assert found is not None
        head = msgspec.structs.replace(found.head, attributes=("another",))
        return msgspec.structs.replace(found, fsmv2="0.1.0", head=head)

    monkeypatch.setattr(recorded_segments.RecordedSegment, "start", older)
    with pytest.raises(JournalError, match=r"recorded by fsmv2 0\.1\.0"):
        past.status(past.running)


async def test_a_run_that_keeps_no_journal_is_not_answered_from_the_run_before(
    past: Past,
) -> None:
    with held(past.state) as directory:
        async with start(read_document(past.document, directory)):
            with pytest.raises(NotRecordedError, match="there is no journal of it") as raised:
                past.status(time.time())
            assert "fsmv2 events" in raised.value.fix
            assert past.status(past.running).node.state == "running"
    with tempfile.TemporaryDirectory() as folder, held(Path(folder)) as directory:
        async with start(read_document(past.document, directory)):
            with pytest.raises(NotRecordedError, match="there is no journal of it"):
                why("edge", document=past.document, state_dir=Path(folder), at=time.time())
