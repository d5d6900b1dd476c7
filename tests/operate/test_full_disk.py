"""A tree on a disk that is really full starts, obeys and stops, and says what is not durable."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fsmv2.api.activation import served
from fsmv2.errors import StoreError
from fsmv2.operate import generation_keeping, live_status, open_tree
from fsmv2.operate.changes.apply_data import RollbackRequest
from fsmv2.operate.generations import generation, history
from fsmv2.operate.running_trees import running_trees
from fsmv2.operate.state_directory import STORE
from fsmv2.operate.tree_handle import TreeHandle
from fsmv2.store import Head
from full_disk import fill, small_disk

OLD = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
NEW = OLD + "# newer\n"
WITHIN = 60
WRITTEN_BY_0_1_0 = Path(__file__).parents[1] / "store/written_by_0_1_0/plant.db"


class Place:
    """A document beside a disk on which its state directory is."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.file, self.disk, self.state = folder / "plant.yaml", disk, disk / "state"
        self.file.write_text(OLD)

    async def run_once(self) -> None:
        """A run that comes to its end."""
        async with open_tree(self.file, state_dir=self.state) as tree:
            await tree.until(lambda view: len(view.nodes) == 2, timeout=WITHIN)

    def head(self) -> tuple[list[int], Head | None]:
        """What is kept, as another shell sees it."""
        try:
            kept, head = history(self.state)
        except StoreError:  # it is being made
            return [], None
        return [one.number for one in kept], head


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(generation_keeping, "LOOK_EVERY", 0.05)
    with small_disk(tmp_path / "disk") as disk:
        yield Place(tmp_path, disk)


async def until(condition: Callable[[], bool]) -> None:
    """Until that is so."""
    async with asyncio.timeout(WITHIN):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


async def until_durable(tree: TreeHandle) -> None:
    """Until every override is."""
    async with asyncio.timeout(WITHIN):
        while True:
            if all(one.durable for one in await tree.overrides()):
                return
            await asyncio.sleep(0.05)


async def test_a_start_that_cannot_keep_its_generation_runs_obeys_and_keeps_it_later(
    place: Place,
) -> None:
    await place.run_once()
    filler = fill(place.disk)
    place.file.write_text(NEW)
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: view["edge"].state == "running", timeout=WITHIN)
        assert tree.warning.startswith("generation 2 of the document is in force, not durable: ")
        assert tree.warning.endswith("cannot be written: the disk is full.")
        assert place.head()[0] == [1]
        answer = await tree.pause("edge/broker")
        assert not answer.durable
        assert "the disk is full" in answer.not_durable
        await tree.until(lambda view: bool(view["edge/broker"].overrides), timeout=WITHIN)
        await tree.resume("edge/broker")
        await tree.stop_path("edge/broker")
        await tree.until(lambda view: view["edge/broker"].state == "stopped", timeout=WITHIN)
        async with served(tree):
            found = await asyncio.to_thread(live_status.why, "edge", document=place.file)
            assert found.node.state == "running"
            trees = await asyncio.to_thread(running_trees)
            assert (str(place.file), place.state) in [
                (one.document, one.directory) for one in trees
            ]
        with pytest.raises(StoreError, match="cannot apply: the store does not work"):
            await tree.rollback(RollbackRequest(generation=1))
        filler.unlink()
        await until_durable(tree)
        await until(lambda: place.head()[0] == [1, 2])
        await until(lambda: tree.running.durable)
        assert (await tree.rollback(RollbackRequest(generation=1), dry_run=True)).generation == 2
        found = place.head()[1]
        assert found is not None
        assert (found.number, found.ended) == (2, False)
        assert generation(place.state).files == {"": NEW.encode()}
    async with open_tree(place.file, state_dir=place.state) as tree:
        assert [(one.path, one.kind) for one in await tree.overrides()] == [("edge/broker", "stop")]
        assert tree.warning == ""


async def test_a_first_start_on_a_full_disk_runs_and_keeps_its_document_later(place: Place) -> None:
    filler = fill(place.disk)
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: view["edge"].state == "running", timeout=WITHIN)
        assert "generation 1 of the document is in force, not durable" in tree.warning
        filler.unlink()
        await until(lambda: place.head()[0] == [1])


async def test_a_start_of_the_same_document_is_noted_as_soon_as_there_is_room(place: Place) -> None:
    """So that a crash of it is not taken for the orderly end of the run before."""
    await place.run_once()
    ended = place.head()[1]
    assert ended is not None
    assert ended.ended
    filler = fill(place.disk)
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: view["edge"].state == "running", timeout=WITHIN)
        assert place.head() == ([1], ended)
        filler.unlink()
        await until(lambda: (head := place.head()[1]) is not None and not head.ended)


async def test_a_disk_that_fills_while_it_runs_keeps_nobody_from_stopping_it(place: Place) -> None:
    """And the next start, on the full disk, runs the same."""
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: view["edge"].state == "running", timeout=WITHIN)
        await tree.pause("edge/broker")
        fill(place.disk)
        await tree.stop_path("edge/broker")
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: view["edge"].state == "running", timeout=WITHIN)
        kinds = [(one.path, one.kind) for one in await tree.overrides()]
        assert ("edge/broker", "pause") in kinds


async def test_a_store_of_an_older_version_on_a_full_disk_is_refused_with_what_to_do(
    place: Place,
) -> None:
    """It has to be copied first; nothing has changed."""
    place.state.mkdir(mode=0o700)
    shutil.copy(WRITTEN_BY_0_1_0, place.state / STORE)
    filler = fill(place.disk)
    with pytest.raises(StoreError, match="cannot be read: the disk is full") as raised:
        async with open_tree(place.file, state_dir=place.state):
            pass
    assert raised.value.fix == "Make room on it, and try again."
    filler.unlink()
    await place.run_once()
    assert place.head()[0] == [1]
