"""A tree of another process on a screen: how it changes, goes away and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_plant import plant, row

from fsmv2.cli.screen import watched_source
from fsmv2.cli.screen.screen_content import ScreenContent
from fsmv2.cli.screen.watched_source import WatchedSource
from fsmv2.errors import ApiUnavailableError, StoreError
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.remote_tree import TreeOverview
from fsmv2.operate.tree_report import TreeHead
from fsmv2.operate.watched_workers import Watched, WatchEnd, WorkersChanged, WorkersSnapshot
from fsmv2.operate.worker_filter import WorkerFilter

HEAD = TreeHead(document="/etc/plant.yaml", state_directory="/state", process="7", at=0.0)
PAST = RecordedEvent(
    id=1, at=0.0, path="edge", kind="transition", level="info", state="running", text="before"
)


class Tree:
    """Sends what a test has it send; each inner list is one connection."""

    def __init__(self, *connections: list[Watched]) -> None:
        self.connections = list(connections)
        self.overviews = TreeOverview(
            document="/etc/plant.yaml", generation=3, pinned=True, pid=42, document_change="newer"
        )

    def watch(self, _which: WorkerFilter) -> Iterator[Watched | None]:
        if not self.connections:
            raise ApiUnavailableError("no tree answers.")
        yield from self.connections.pop(0)

    def get(self, *_: Any) -> list[RecordedEvent]:
        return [PAST]

    def overview(self, *, timeout: float) -> TreeOverview:
        return self.overviews


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_source, "AGAIN_AFTER", 0.001)


def watching(tree: Tree, path: str = "") -> WatchedSource:
    source = WatchedSource(Path("/nowhere/state"), WorkerFilter(path=path))
    source._tree = lambda: tree  # type: ignore[assignment,method-assign,return-value]
    source.start()
    return source


def until(source: WatchedSource, seen: Callable[[ScreenContent], bool]) -> ScreenContent:
    limit = time.monotonic() + 100
    while not seen(found := source.content()):
        assert time.monotonic() < limit, found
        time.sleep(0.002)
    return found


def notes(content: ScreenContent) -> str:
    return "\n".join(note.text for note in content.notes)


def snapshot(rows: dict[str, Any]) -> WorkersSnapshot:
    return WorkersSnapshot(head=HEAD, rows=tuple(rows.values()))


def test_what_changes_is_shown_and_is_among_what_happened() -> None:
    bad = row("edge/broker", "broker", "down", healthy=False, trouble="failed", reason="refused")
    changed = WorkersChanged(at=5.0, rows=(bad,), gone=("edge/press-00/read",))
    source = watching(Tree([snapshot(plant(1)), changed]))
    found = until(source, lambda content: "edge/press-00/read" not in content.rows and content.rows)
    assert found.rows["edge/broker"].state == "down"
    told = [(event.path, event.level, event.text) for event in found.events[:3]]
    assert told == [
        ("edge", "info", "before"),
        ("edge/press-00/read", "info", "is gone"),
        ("edge/broker", "error", "active → down: refused"),
    ]
    found = until(source, lambda content: bool(content.about))
    assert found.title == "fsmv2 top plant.yaml"
    assert found.about == "generation 3 (pinned), process 42"
    assert "newer" in notes(found)


def test_a_tree_is_watched_also_where_its_past_cannot_be_read() -> None:
    class Broken(Tree):
        def get(self, *_: Any) -> list[RecordedEvent]:
            raise StoreError("the store is damaged.")

    found = until(watching(Broken([snapshot(plant(1))])), lambda content: bool(content.rows))
    assert len(found.rows) == len(plant(1))


def test_a_tree_that_goes_away_is_shown_as_it_was_until_it_is_back() -> None:
    tree = Tree([snapshot(plant(1)), WatchEnd(reason="ended")])
    source = watching(tree)
    gone = until(
        source, lambda content: ": the tree has stopped; this is how it was" in notes(content)
    )
    assert len(gone.rows) == len(plant(1))
    assert source.content().at == gone.at, "ages stand still"
    assert "the tree has stopped" in source.last_words()
    assert "6 workers: 6 running" in source.last_words()
    tree.connections.append([snapshot(plant(2))])
    back = until(source, lambda content: len(content.rows) == len(plant(2)))
    assert any("the tree answers again, after" in event.text for event in back.events)


def test_one_that_was_killed_no_longer_runs() -> None:
    source = watching(Tree(), path="edge/press-*")
    found = until(source, lambda content: "the tree no longer runs" in notes(content))
    assert "only edge/press-* and below" in notes(found)
    assert source.last_words().startswith("no workers seen; ")
    assert source.last_words().endswith(": the tree no longer runs")
