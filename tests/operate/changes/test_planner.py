"""What a document would change is found out by another process, beside the tree that runs."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from document_place import HEAD, Place
from oven_type import Oven

from fsmv2.errors import DocumentError, PlannerError
from fsmv2.host.process_identity import living
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.changes import planner
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.planner import PlannedChange, PlannerProcess, plan_change
from fsmv2.worker import WorkerFactory

PADDING = "# as long as a document that a process reads\n" * (planner.SMALL_TEXT // 40)
SECRET, OTHER = "kVqPz81x", "mWrQy92w"


def text(*, level: str = "1", more: str = "") -> str:
    """A document that is not read in a thread."""
    return f"""{HEAD}{PADDING}
global: {{LEVEL: '{level}', PASS: {{env: PLANNER_TEST}}, KEY: {{file: key}}}}
processes:
  reader: {{command: [sleep, '100{{{{ .global.LEVEL }}}}'], env: {{P: '{{{{ .global.PASS }}}}'}}}}
  other: {{command: [sleep, '200'], env: {{K: '{{{{ .global.KEY }}}}'}}}}
{more}"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("PLANNER_TEST", SECRET)
    (tmp_path / "key").write_text(OTHER)
    (tmp_path / "key").chmod(0o600)
    return Place(tmp_path)


@contextlib.asynccontextmanager
async def tree_of(place: Place, **options: Any) -> AsyncIterator[TreeHandle]:
    async with place.runs(text(), **options) as tree:
        yield tree


def document(place: Place, of: str) -> DocumentText:
    return DocumentText(source=str(place.file), files={"": of.encode()})


async def planned(tree: TreeHandle, document: DocumentText) -> PlannedChange:
    return await plan_change(tree._runtime, tree.running, document.files, document.source)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[PlannerProcess]:
    """The planners that were started."""
    found: list[PlannerProcess] = []
    start = PlannerProcess._start

    def noted(self: PlannerProcess) -> None:
        start(self)
        found.append(self)

    monkeypatch.setattr(PlannerProcess, "_start", noted)
    return found


async def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


@pytest.mark.thorough
async def test_another_process_finds_what_a_thread_would(
    place: Place, started: list[PlannerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = document(place, text(level="2", more="log: {level: debug}\n"))
    async with tree_of(place) as tree:
        beside = await planned(tree, changed)
        assert len(started) == 1
        assert [(w.path, w.action) for w in beside.plan.workers if w.action != "derive"] == [
            ("edge/reader", "recreate")
        ]
        assert (beside.plan.generation, beside.plan.same_text) == (1, False)
        assert beside.plan.settings
        monkeypatch.setattr(planner, "SMALL_TEXT", 1 << 20)
        here = await planned(tree, changed)
        assert len(started) == 1, "in a thread"
        assert beside.plan == here.plan
        for field in ("root", "settings", "diagnostics", "log", "notify", "listen", "traces"):
            assert getattr(beside.plant, field) == getattr(here.plant, field), field
        assert beside.plant.vault.reveal(here.plant.root) == here.plant.vault.reveal(
            here.plant.root
        )


@pytest.mark.thorough
async def test_what_has_not_changed_is_the_object_that_runs(place: Place) -> None:
    async with tree_of(place) as tree:
        found = await planned(tree, document(place, text(level="2")))
        root = tree._runtime.core.root
        assert root is not None
        runs = {one.name: one for one in root.declared.user_spec.processes}
        alike = {p.name: p is runs[p.name] for p in found.plant.root.user_spec.processes}
        assert alike["other"]
        same = await planned(tree, document(place, text()))
        assert not same.plan.changes
        assert same.plan.same_text


@pytest.mark.thorough
async def test_a_secret_is_that_of_the_tree_and_is_shown_nowhere(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree_of(place) as tree:
        monkeypatch.setenv("PLANNER_TEST", "nXsRw73v")
        (place.file.parent / "key").write_text("pYtSv64u")
        plan = await tree.plan(document(place, text()))
        assert set(plan.secrets) >= {"env:PLANNER_TEST: changed"}
        raw = msgspec.json.encode(plan).decode() + repr(plan)
        for value in (SECRET, OTHER, "nXsRw73v", "pYtSv64u"):
            assert value not in raw
        monkeypatch.delenv("PLANNER_TEST")
        with pytest.raises(DocumentError, match="PLANNER_TEST"):
            await tree.plan(document(place, text()))


async def test_all_mistakes_come_back_with_their_places(place: Place) -> None:
    async with tree_of(place) as tree:
        wrong = text(more="engin: {}\nbridges:\n  - {nme: a}\n")
        with pytest.raises(DocumentError) as raised:
            await tree.plan(document(place, wrong))
        marks = [one.mark for one in raised.value.diagnostics if one.mark is not None]
        last = len(wrong.splitlines())
        assert {last - 2, last} <= {mark.line for mark in marks}
        assert {mark.file for mark in marks} == {str(place.file)}


@pytest.mark.thorough
async def test_a_planner_that_is_killed_is_a_clear_error(
    place: Place, started: list[PlannerProcess]
) -> None:
    async with tree_of(place) as tree:
        planning = asyncio.ensure_future(tree.plan(document(place, text(level="2"))))
        await until(lambda: bool(started))
        assert started[0]._program.process is not None
        os.kill(started[0]._program.process.pid, signal.SIGKILL)
        with pytest.raises(PlannerError, match="signal 9 ended it"):
            await planning
        assert (await tree.plan(document(place, text(level="2")))).changes


async def test_who_goes_away_leaves_no_planner(place: Place, started: list[PlannerProcess]) -> None:
    async with tree_of(place) as tree:
        planning = asyncio.ensure_future(tree.plan(document(place, text(level="2"))))
        await until(lambda: bool(started))
        process = started[0]._program.process
        assert process is not None
        planning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await planning
        assert process.returncode is not None, "reaped"
        assert living(process.pid) is None


async def test_a_planner_ends_with_its_pipe_and_within_its_time(
    place: Place, started: list[PlannerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree_of(place) as tree:
        task = planner._task(tree.running, {"": b""}, str(place.file))
        alone = PlannerProcess(task)
        await asyncio.to_thread(alone._start)
        assert alone._program.process is not None
        assert alone._program.process.stdin is not None
        alone._program.process.stdin.close()  # as when the tree is killed
        await asyncio.to_thread(alone._program.process.wait, 30)
        alone.end()
        monkeypatch.setattr(planner, "WITHIN", 0.01)
        with pytest.raises(PlannerError, match=r"it took more than 0 s.*The tree is as it was"):
            await tree.plan(document(place, text(level="2")))


@pytest.mark.thorough
async def test_only_so_many_wait_for_their_turn(
    place: Place, started: list[PlannerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "WAITING", 1)
    async with tree_of(place) as tree:
        plans = [tree.plan(document(place, text(level=str(n)))) for n in (2, 3, 4)]
        one, two, three = await asyncio.gather(*plans, return_exceptions=True)
        assert isinstance(three, PlannerError)
        assert "2 plans are being made" in str(three)
        for plan in (one, two):
            assert not isinstance(plan, BaseException)
            assert plan.changes
        assert len(started) == 2


@pytest.mark.thorough
async def test_a_tree_that_is_being_stopped_can_be_asked(place: Place) -> None:
    slow = "  slow: {command: [bash, -c, 'trap \"\" TERM; while :; do read -t 9 <> <(:); done']}\n"
    running = text().replace("processes:\n", "processes:\n" + slow)
    async with place.runs(running) as tree:
        stopping = asyncio.ensure_future(tree.stop(deadline=30))
        await until(lambda: tree._runtime.core.stopping)
        plan = await tree.plan(document(place, running.replace("'200'", "'300'")))
        assert [w.path for w in plan.workers if w.action == "recreate"] == ["edge/other"]
        assert not stopping.done()
        tree.force()
        await stopping


async def test_a_tree_that_only_detects_does_so_with_another_document(
    place: Place, started: list[PlannerProcess]
) -> None:
    await asyncio.to_thread(place.write, text())
    async with open_tree(place.file, state_dir=place.state, detect_only=True) as tree:
        await tree.until(lambda view: view.get("edge/reader") is not None, timeout=30)
        assert not (await tree.plan(document(place, text()))).changes
        plan = await tree.plan(document(place, text(level="2")))
        assert (len(started), plan.settings) == (2, ())
        assert "edge/reader" in {one.path for one in plan.workers}


async def test_a_type_that_no_other_process_can_have_is_planned_with_here(
    place: Place, started: list[PlannerProcess]
) -> None:
    types = WorkerFactory()
    types.register(Oven, make=functools.partial(Oven))
    async with tree_of(place, types=types) as tree:
        assert (await tree.plan(document(place, text(level="2")))).changes
        assert not started


@pytest.mark.thorough
async def test_a_type_in_a_module_is_imported_by_the_planner(
    place: Place, started: list[PlannerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    types = WorkerFactory()
    types.register(Oven, name="kiln")
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    async with tree_of(place, types=types) as tree:
        assert (await tree.plan(document(place, text(level="2")))).changes
        assert len(started) == 1
