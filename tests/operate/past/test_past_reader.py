"""How a tree was is read by another process, in bounded time, and by few at once."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from tests.operate.recorded_answer import recorded

from fsmv2.errors import (
    JournalError,
    NotRecordedError,
    PastReaderError,
    UnknownFilterError,
    UnknownPathError,
)
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.past import past_reader
from fsmv2.operate.past.past_process import answered
from fsmv2.operate.past.past_question import (
    Answered,
    DescriptionThen,
    ObstaclesThen,
    PastTask,
    Refused,
    TreeThen,
    WorkerThen,
)
from fsmv2.operate.past.past_reader import PastReader
from fsmv2.operate.row_folding import ENDLESS
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.tree_status import tree_status
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.version import __version__
from fsmv2.worker import WorkerFactory

T = TypeVar("T")

DOCUMENT = """\
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes: {web: {command: [sleep, "1000"]}}
"""
WEB = "edge/web"


class Past:
    """A tree that runs, and a moment of it: later its process was stopped by hand."""

    def __init__(self, tree: TreeHandle, at: float) -> None:
        self.tree, self.at = tree, at

    def task(self, question: object, **more: object) -> PastTask:
        given = {"version": __version__, "directory": str(self.tree.directory), "at": self.at}
        return PastTask(**{**given, "question": question, **more})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Past]:
    with tempfile.TemporaryDirectory() as folder:
        file, state = Path(folder) / "plant.yaml", Path(folder) / "state"
        file.write_text(DOCUMENT)
        async with open_tree(file, state_dir=state) as tree:
            await tree.until(lambda view: view[WEB].state == "running", timeout=200)
            at = time.time()
            await tree.stop_path(WEB, reason="a new blade", who="ann", wait=200)
            await recorded(
                lambda: tree_status(WorkerFilter(), WhichTree(state_dir=state, at=time.time()))
            )
            yield Past(tree, at)


async def test_each_question_has_the_answer_that_it_would_have_had() -> None:
    async with running() as past:

        async def answer(question: object, type_: type[T]) -> T:
            found = await asyncio.to_thread(answered, past.task(question))
            assert isinstance(found, Answered)
            return msgspec.json.decode(found.json, type=type_)

        assert (await answer(WorkerThen(WEB), WorkerStatus)).node.state == "running"
        described = await answer(DescriptionThen(WEB), WorkerDescription)
        assert (described.state, described.recorded) == ("running", True)
        obstacles = await answer(ObstaclesThen(WEB, "stopped"), StateObstacles)
        assert obstacles.state == "running"
        # By another process, as the API has it.
        which = WorkerFilter(path=WEB)
        raw = await past.tree.past(TreeThen(which, ENDLESS), at=past.at)
        report = msgspec.json.decode(raw, type=TreeReport)
        assert [(row.path, row.state) for row in report.rows] == [(WEB, "running")]
        assert report.head.past.startswith("this is how it was at ")
        with pytest.raises(UnknownPathError, match="no worker 'edge/wbe'") as refused:
            await past.tree.past(WorkerThen("edge/wbe"), at=past.at)
        assert "Did you mean 'edge/web'?" in refused.value.fix
        events = await past.tree.events_until(past.at, path=WEB)
        assert events
        assert max(one.at for one in events) <= past.at < (await past.tree.events())[-1].event.at

        def refusal(task: PastTask) -> str:
            found = answered(task)
            assert isinstance(found, Refused)
            return found.problem.code

        nope = TreeThen(WorkerFilter(type="nope"), ENDLESS)
        assert refusal(past.task(nope)) == UnknownFilterError.code
        assert refusal(past.task(WorkerThen(WEB), at=5.0)) == NotRecordedError.code
        assert refusal(past.task(WorkerThen(WEB), version="0.1")) == JournalError.code


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PastReader:
    """Its process never answers."""
    monkeypatch.setattr(past_reader, "PROGRAM", "http.server")
    monkeypatch.chdir(tmp_path)
    return PastReader(tmp_path, WorkerFactory())


async def test_one_that_takes_too_long_is_ended(
    slow: PastReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_reader, "WITHIN", 0.05)
    with pytest.raises(PastReaderError, match=r"has ended: it took more than 0 s\."):
        await slow.answer(WorkerThen("edge"), 1.0)


async def test_few_wait_and_who_goes_away_leaves_no_process(slow: PastReader) -> None:
    asking = [
        asyncio.ensure_future(slow.answer(WorkerThen("edge"), 1.0))
        for _ in range(past_reader.WAITING + 1)
    ]
    await asyncio.sleep(0)
    with pytest.raises(PastReaderError, match="5 questions about the past"):
        await slow.answer(WorkerThen("edge"), 1.0)
    for one in asking:
        one.cancel()
    await asyncio.wait(asking)
    assert all(one.cancelled() for one in asking)
    assert slow._waiting == 0


async def test_what_is_yet_to_come_is_refused(slow: PastReader) -> None:
    with pytest.raises(NotRecordedError, match="yet to come"):
        await slow.answer(WorkerThen("edge"), time.time() + 100)


async def test_a_type_that_no_other_process_can_have_is_refused(tmp_path: Path) -> None:
    from tests.operate.changes.oven_type import Oven

    class Local(Oven):
        pass

    factory = WorkerFactory()
    factory.register(Local)
    with pytest.raises(JournalError, match="cannot have the worker type") as refused:
        await PastReader(tmp_path, factory).answer(WorkerThen("edge"), 1.0)
    assert "--types" in refused.value.fix
