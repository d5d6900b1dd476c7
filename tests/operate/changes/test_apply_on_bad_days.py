"""What befalls the disk, the directory and the clock while a document is applied."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_place import HEAD, NEVER_CONVERGES, Place, document, running

from fsmv2.errors import FsmError, StoreError
from fsmv2.operate import TreeHandle, open_tree, prepare
from fsmv2.operate.changes.apply_data import ApplyAnswer, ApplyRequest, DocumentText
from fsmv2.operate.generations import digest_of, generation, history
from full_disk import fill, small_disk
from removed_folder import remove_folder

pytestmark = [pytest.mark.real, pytest.mark.campaign]

HOUR = 3600.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=4) as folder:
        yield folder


def on(disk: Path, tmp_path: Path) -> Place:
    """A place whose state directory is on that disk; its document is not."""
    place = Place(tmp_path)
    place.state = disk / "state"
    return place


async def persistent(tree: TreeHandle, text: DocumentText) -> ApplyAnswer:
    """Apply it again and again until it is taken: the place is there again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await tree.apply(ApplyRequest(document=text), wait=30)
            except StoreError:
                await asyncio.sleep(0.1)


async def check_that_the_head_runs(tree: TreeHandle, place: Place) -> None:
    """What is kept is whole, and it is what this tree, and the next start, run."""
    runs = await asyncio.to_thread(generation, place.state)
    kept, head = await asyncio.to_thread(history, place.state)
    assert head is not None
    assert tree.running.number == head.number == kept[-1].number == runs.number
    assert tree.running.generation is not None
    assert digest_of(runs.files) == runs.digest == tree.running.generation.digest
    assert runs.files == {"": await asyncio.to_thread(place.file.read_bytes)}


async def test_a_full_disk_refuses_an_apply_and_stops_nothing(disk: Path, tmp_path: Path) -> None:
    place = on(disk, tmp_path)
    async with place.runs(document(a="100")) as tree:
        before = (await tree.view())["edge/a"].incarnation
        filler = await asyncio.to_thread(fill, disk)
        # Its text alone is more than what a log that is there already has room for.
        text = place.write(document(a="100", b="100") + f"# {'x' * 80_000}\n")
        try:
            with pytest.raises(StoreError):
                await tree.apply(ApplyRequest(document=text))
            assert tree.running.number == 1
            found = await tree.view()
            assert found["edge/a"].healthy
            assert found.get("edge/b") is None
        finally:
            await asyncio.to_thread(filler.unlink)
        answer = await persistent(tree, text)
        assert (answer.generation, answer.progress.state) == (2, "converged")
        assert (await tree.view())["edge/a"].incarnation == before
        await check_that_the_head_runs(tree, place)


async def test_a_state_directory_that_vanishes_loses_no_document_that_is_applied(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    async with place.runs(document(a="100")) as tree:
        process = (await tree.view())["edge/a"].incarnation
        for number in range(3):
            text = place.write(document(a="100", b=str(200 + number)))
            applying = asyncio.create_task(tree.apply(ApplyRequest(document=text)))
            await asyncio.sleep(0.1 * number)
            await asyncio.to_thread(remove_folder, place.state)
            await asyncio.gather(applying, return_exceptions=True)
            await persistent(tree, text)
        await running(tree, "a", "b")
        assert (await tree.view())["edge/a"].incarnation == process
        text = place.write(document(a="100", b="300"))
        await persistent(tree, text)
        await check_that_the_head_runs(tree, place)
        last = tree.running.number
    async with open_tree(place.file, state_dir=place.state) as tree:
        assert tree.running.number == last


async def test_a_second_instance_is_refused_while_an_apply_converges(tmp_path: Path) -> None:
    place = Place(tmp_path)
    async with place.runs(HEAD) as tree:
        text = place.write(NEVER_CONVERGES)
        answer = await tree.apply(ApplyRequest(document=text, timeout=HOUR, rollback=True))
        assert answer.progress.state == "converging"
        with pytest.raises(StoreError):
            await asyncio.to_thread(prepare(place.file, state_dir=place.state).__enter__)
        with pytest.raises(FsmError):
            async with open_tree(place.file, state_dir=place.state):
                pass
        assert (await tree.progress()).state == "converging"
        await check_that_the_head_runs(tree, place)


@pytest.mark.parametrize("off", [HOUR, -HOUR])
async def test_a_clock_that_is_set_ends_no_deadline_and_delays_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    """A deadline counts the seconds that pass, not those that a clock is set by."""
    place, wall = Place(tmp_path), time.time
    async with place.runs(HEAD) as tree:
        text = place.write(NEVER_CONVERGES)
        began = time.monotonic()
        await tree.apply(ApplyRequest(document=text, timeout=1.5, rollback=True))
        monkeypatch.setattr(time, "time", lambda: wall() + off)
        progress = await tree.progress(2, wait=60)
        took = time.monotonic() - began
        monkeypatch.setattr(time, "time", wall)
        assert (progress.state, progress.by) == ("rolled back", 3)
        assert took >= 1.5
        assert tree.running.number == 3
