"""A tree of this process as a screen sees it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from sample_plant import row

from fsmv2.cli.screen.live_source import EVENTS, OUTPUTS, LiveSource
from fsmv2.cli.tree_display import OUTPUT, PROGRESS, DisplayedEvent
from fsmv2.errors import UnknownPathError
from fsmv2.operate.changed_workers import FoundChanges
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_row import WorkerRow


class Changes:
    """What a look finds is what a test has put there."""

    def __init__(self) -> None:
        self.rows: dict[str, WorkerRow] = {}
        self.found = FoundChanges([], [])

    def look(self) -> FoundChanges:
        found, self.found = self.found, FoundChanges([], [])
        return found

    def change(self, one: WorkerRow) -> None:
        self.rows[one.path] = one
        self.found = FoundChanges([one], [])


class Tree:
    newer_document = ""
    running: Any = SimpleNamespace(number=3, pinned=True)

    def __init__(self) -> None:
        self.changes = Changes()
        self.described = 0

    def worker_changes(self) -> Any:
        return self.changes

    async def describe(self, path: str) -> WorkerDescription:
        self.described += 1
        raise UnknownPathError(f"there is no worker '{path}' in this tree")


async def running() -> tuple[LiveSource, Tree]:
    source, tree = LiveSource("run"), Tree()
    source.runs(tree)
    return source, tree


def notes(source: LiveSource) -> list[str]:
    return [note.text for note in source.content().notes]


async def test_the_generation_is_named_that_runs() -> None:
    source, _ = await running()
    assert source.content().about == "generation 3 (pinned)"


async def test_rows_are_those_of_the_tree_and_of_another_version_when_one_changed() -> None:
    source, tree = await running()
    assert (source.content().rows, LiveSource("run").content().rows) == ({}, {})
    tree.changes.change(row("edge"))
    first = source.content()
    assert list(first.rows) == ["edge"]
    assert source.content().version == first.version
    tree.changes.change(row("edge/press"))
    assert source.content().version != first.version
    assert list(first.rows) == ["edge"], "a frame is drawn of one moment"


async def test_h90_the_screen_says_while_it_is_so_that_the_document_is_newer() -> None:
    source, tree = await running()
    assert notes(source) == []
    tree.newer_document = "the document is newer than what runs"
    assert notes(source) == ["the document is newer than what runs"]
    tree.newer_document = ""
    assert notes(source) == []


def test_how_the_command_proceeds_stays_at_the_top() -> None:
    source = LiveSource("run")
    source.happened(DisplayedEvent(0.0, "fsmv2", PROGRESS, "info", "stopping; Ctrl-C forces"))
    source.happened(DisplayedEvent(0.0, "edge", "note", "info", "something else"))
    assert notes(source) == ["stopping; Ctrl-C forces"]
    assert len(source.content().events) == 2


def test_of_what_happened_the_last_is_kept_and_of_each_process_its_last_lines() -> None:
    source = LiveSource("run", lambda: [[("below",)]])
    for number in range(EVENTS + 5):
        source.happened(DisplayedEvent(number, "edge", "note", "info", str(number)))
        source.happened(DisplayedEvent(number, "edge/web", OUTPUT, "info", str(number)))
    source.happened(DisplayedEvent(0.0, "edge/quiet", OUTPUT, "info", "once"))
    shown = source.content()
    assert [event.text for event in shown.events[-2:]] == [str(EVENTS + 3), str(EVENTS + 4)]
    assert [len(lines) for lines in shown.outputs] == [OUTPUTS, 1]
    assert shown.below == [[("below",)]]


async def test_a_description_is_waited_for_by_nobody_and_asked_for_once_at_a_time() -> None:
    source, tree = await running()
    assert source.description("edge") == source.description("edge") == "asking the tree …"
    found: object = ""
    for _ in range(1000):
        await asyncio.sleep(0)
        if "no worker" in str(found := source.description("edge")):
            break
    assert "there is no worker 'edge'" in str(found)
    assert tree.described == 1
    assert source.description("edge/other") == "asking the tree …"
