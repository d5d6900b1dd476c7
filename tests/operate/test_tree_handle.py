"""A tree that a program opens: held, recorded, asked and told as at the command line."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import Phase, StoreError
from fsmv2.core import Report
from fsmv2.errors import DocumentError, NotRecordedError, UnknownPathError
from fsmv2.flow.asyncio_engine import AsyncioEngine
from fsmv2.metrics.exposition import exposition
from fsmv2.operate import TreeHandle, open_tree, prepare, replay, tree_opening, why
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import JOURNAL, holder
from fsmv2.runtime import NodeView, TreeView

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
"""
"""Nothing listens there, so the broker is down and looked at again and again."""

BRIDGE = """
bridges:
  - name: filler
    connection: {host: 127.0.0.1, port: "{{ .PORT }}"}
    variables: {PORT: 1}
"""
BROKER = "edge/broker"

PATH_REQUESTS = ("pause", "resume", "restart", "retry", "acknowledge", "stop_path", "start_path")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


@contextlib.asynccontextmanager
async def opened(document: Path, **options: Any) -> AsyncIterator[TreeHandle]:
    """Its tree, once its broker is known to be down."""
    async with open_tree(document, state_dir=document.parent / "state", **options) as tree:
        await tree.until(is_down, timeout=200)
        yield tree


def broker(view: TreeView) -> NodeView | None:
    return next((node for node in view.nodes if node.path == BROKER), None)


def is_down(view: TreeView) -> bool:
    node = broker(view)
    return node is not None and node.observed_age is not None and not node.healthy


async def test_bridges_go_on_with_what_the_document_was_checked_by(document: Path) -> None:
    await asyncio.to_thread(document.write_text, DOCUMENT + BRIDGE)
    async with opened(document) as tree:
        await tree.until(lambda view: view.get("edge/filler/connection") is not None, timeout=200)
        assert tree.plant.ready == {}


async def test_it_is_held_while_it_is_open_and_free_afterwards(
    document: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        assert (tree.document, tree.directory) == (document, state)
        assert holder(state)
        with pytest.raises(StoreError, match="in use"):
            async with open_tree(document, state_dir=state):
                pass
        assert holder(state), "who was refused takes nothing away"
    assert not holder(state)
    async with open_tree(document, state_dir=state) as again:
        assert await again.document_change() == ""


async def test_the_run_is_recorded_with_its_document(document: Path) -> None:
    async with opened(document) as tree:
        record = record_in(tree.directory)
    assert record is not None
    assert record.file == str(document)
    assert list(record.digests) == [""]


async def test_it_is_decided_the_same_again(document: Path, tmp_path: Path) -> None:
    async with opened(document):
        pass
    story: list[str] = []
    journal = tmp_path / "state" / JOURNAL
    report = replay(journal, path=BROKER, tell=lambda line: story.append(line.text))
    assert report.found.same
    assert report.met
    assert any("stop" in line for line in story)


async def test_a_document_that_is_wrong_leaves_no_directory(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {nam: edge}\n")
    with pytest.raises(DocumentError):
        async with open_tree(file, state_dir=tmp_path / "state"):
            pass
    assert not (tmp_path / "state").exists()


async def test_a_cancelled_opening_holds_nothing(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    class Slow:
        def __enter__(self) -> object:
            self.within = prepare(document, state_dir=tmp_path / "state")
            found = self.within.__enter__()
            reading.set()
            go_on.wait(20)
            return found

        def __exit__(self, *error: object) -> None:
            self.within.__exit__(None, None, None)

    monkeypatch.setattr(tree_opening, "prepare", lambda *_, **__: Slow())

    async def opened() -> None:
        async with open_tree(document):
            raise AssertionError("it was cancelled before")

    task = asyncio.create_task(opened())
    await asyncio.to_thread(reading.wait, 20)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not holder(tmp_path / "state")


async def test_why_is_answered_from_the_running_core(document: Path) -> None:
    async with opened(document) as tree:
        status = await tree.why(BROKER)
        view = broker(await tree.view())
        assert view is not None
        assert (status.node.path, status.node.state) == (BROKER, view.state)
        assert status.lately, "what it decided of late is told"
        assert status.missing == status.document == ""
        assert [child.path for child in (await tree.why("edge")).below] == [BROKER]


async def test_why_from_outside_agrees_with_why_from_inside(document: Path) -> None:
    async with opened(document) as tree:
        for _ in range(100):  # the last moments are written a moment later
            inside = (await tree.why(BROKER)).node
            with contextlib.suppress(NotRecordedError):
                found = await asyncio.to_thread(why, document, BROKER, state_dir=tree.directory)
                if (found.node.state, found.node.reason) == (inside.state, inside.reason):
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"it never became {inside.state}: {inside.reason}")


async def test_an_edited_document_is_named_in_the_answer(document: Path) -> None:
    async with opened(document) as tree:
        tree.document.write_text(DOCUMENT + "# more\n")
        assert "the document was changed at" in (await tree.why(BROKER)).document
        assert "the document was changed at" in await tree.document_change()


async def test_a_path_that_is_not_there_is_refused_with_the_nearest(document: Path) -> None:
    async with opened(document) as tree:
        for ask in PATH_REQUESTS:
            with pytest.raises(UnknownPathError, match="no worker 'edge/brokr'") as raised:
                await getattr(tree, ask)("edge/brokr")
            assert BROKER in raised.value.fix
        with pytest.raises(UnknownPathError):
            await tree.why("edge/brokr")
        with pytest.raises(UnknownPathError):
            await tree.records("edge/brokr")


async def test_a_pause_bears_its_reason_and_who_asked(document: Path) -> None:
    async with opened(document) as tree:
        await tree.pause("edge", reason="cleaning", who="anna")
        paused = await tree.until(lambda view: all(node.paused for node in view.nodes), timeout=200)
        assert "anna" in paused.nodes[0].paused
        assert "cleaning" in paused.nodes[0].paused
        await tree.resume("edge", who="anna")
        await tree.until(lambda view: not any(node.paused for node in view.nodes), timeout=200)


async def test_a_stopped_path_is_started_again_on_request(document: Path) -> None:
    async with opened(document) as tree:
        await tree.stop_path(BROKER, reason="no power", who="anna")
        await tree.until(lambda view: view[BROKER].phase is Phase.STOPPED, timeout=200)
        await tree.start_path(BROKER, who="anna")
        await tree.until(is_down, timeout=200)


async def test_each_request_is_reported_with_who_asked(document: Path) -> None:
    reports: list[Report] = []
    async with opened(document, listener=reports.append) as tree:
        await tree.restart(BROKER, who="bert")
        await tree.until(lambda _: any("bert" in report.text for report in reports), timeout=200)


async def test_who_should_run_and_does_not_is_named(document: Path) -> None:
    async with opened(document) as tree:
        assert list(await tree.unsettled()) == [BROKER]


async def test_an_orderly_end_forces_and_kills_nothing(document: Path) -> None:
    async with opened(document) as tree:
        await tree.stop(who="test")
    assert (tree.forced, tree.killed, tree.dropped) == ([], (), {})


async def test_what_would_be_done_is_only_reported_when_asked_so(document: Path) -> None:
    async with opened(document, detect_only=True) as tree:
        assert tree.plant.settings.detect_only
    async with opened(document) as tree:
        assert not tree.plant.settings.detect_only
        assert tree.liveness().alive


async def test_its_supervision_gives_way_to_its_flows(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(document) as tree:
        supervision = tree._runtime.supervision
        for busy in (True, False):
            monkeypatch.setattr(AsyncioEngine, "busy", property(lambda _, busy=busy: busy))
            assert supervision._goes_first() is busy


async def test_it_is_measured(document: Path) -> None:
    """With the generation of its document, and whether the file says something else by now."""
    async with opened(document) as tree:
        before = await asyncio.to_thread(exposition, tree.measured, "")
        changed = DOCUMENT + "location: {site: cologne}\n"
        await asyncio.to_thread(document.write_text, changed)
        after = await asyncio.to_thread(exposition, tree.measured, "")
    assert b'type="broker"} 1.0' in before[0]
    assert b"\nfsmv2_generation 1.0\n" in before[0]
    assert b"\nfsmv2_document_differs 0.0\n" in before[0]
    assert b"\nfsmv2_document_differs 1.0\n" in after[0]
