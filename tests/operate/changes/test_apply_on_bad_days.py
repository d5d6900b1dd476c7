"""What befalls the disk, the directory, the socket and the clock during an apply or a rollback."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_place import HEAD, NEVER_CONVERGES, Place, document, running

from fsmv2.api.activation import served
from fsmv2.errors import FsmError, StoreError
from fsmv2.operate import TreeHandle, open_tree, prepare
from fsmv2.operate.changes.apply_data import (
    ApplyAnswer,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.generations import digest_of, generation, history
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.socket_place import known_socket
from full_disk import FailingDisk, failing_disk, fill, small_disk
from removed_folder import remove_folder

pytestmark = [pytest.mark.real, pytest.mark.campaign]

HOUR = 3600.0
PADDING = f"# {'x' * 80_000}\n"
"""More than what a log that is there already has room for."""
OLD, NEW = document(a="100") + PADDING, document(a="100", b="100") + PADDING

both = pytest.mark.parametrize("verb", ["apply", "rollback"])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=4) as folder:
        yield folder


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[FailingDisk]:
    with failing_disk(tmp_path / "disk", megabytes=8) as found:
        yield found


def on(disk: Path, tmp_path: Path) -> Place:
    """A place whose state directory is on that disk; its document is not."""
    place = Place(tmp_path)
    place.state = disk / "state"
    return place


async def begin(tree: TreeHandle, place: Place, verb: str) -> None:
    """Come to where one more change leads from `OLD` to `NEW`, or back to it."""
    await tree.progress(wait=30)
    if verb == "rollback":
        for text in (NEW, OLD):
            await tree.apply(ApplyRequest(document=place.write(text)), wait=30)
    place.write(NEW)


async def change(
    tree: TreeHandle | RemoteTree, place: Place, verb: str, *, wait: float = 0.0
) -> ApplyAnswer:
    """Make `NEW` run, in one way or the other."""
    if verb == "rollback":
        return await tree.rollback(RollbackRequest(generation=2), wait=wait)
    document = DocumentText(source=str(place.file), files={"": NEW.encode()})
    return await tree.apply(ApplyRequest(document=document), wait=wait)


async def persistent(tree: TreeHandle, place: Place, verb: str) -> ApplyAnswer:
    """Ask again and again until it is taken: the place is there again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await change(tree, place, verb, wait=30)
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
    with_b = b"  b: " in runs.files[""]
    assert ((await tree.view()).get("edge/b") is not None) is with_b


@both
async def test_a_full_disk_refuses_it_and_stops_nothing(
    disk: Path, tmp_path: Path, verb: str
) -> None:
    place = on(disk, tmp_path)
    async with place.runs(OLD) as tree:
        await begin(tree, place, verb)
        before, number = (await tree.view())["edge/a"].incarnation, tree.running.number
        filler = await asyncio.to_thread(fill, disk)
        try:
            with pytest.raises(StoreError, match=r"^cannot apply: the store ") as refused:
                await change(tree, place, verb)
            assert refused.value.message.endswith("disk is full. Nothing has changed.")
            assert refused.value.fix.startswith("Make the store work, and apply again")
            assert tree.running.number == number
            found = await tree.view()
            assert found["edge/a"].healthy
            assert found.get("edge/b") is None
        finally:
            await asyncio.to_thread(filler.unlink)
        answer = await persistent(tree, place, verb)
        assert (answer.generation, answer.progress.state) == (number + 1, "converged")
        assert (await tree.view())["edge/a"].incarnation == before
        await check_that_the_head_runs(tree, place)


@both
async def test_a_disk_that_becomes_read_only_refuses_it_and_stops_nothing(
    failing: FailingDisk, tmp_path: Path, verb: str
) -> None:
    """An operator's stop acts at once; once the disk is repaired, the next start runs the head."""
    place = on(failing.folder, tmp_path)
    async with place.runs(OLD) as tree:
        await begin(tree, place, verb)
        number = tree.running.number
        await asyncio.to_thread(failing.fail)
        with pytest.raises(StoreError):
            await change(tree, place, verb)
        assert tree.running.number == number
        assert (await tree.view())["edge/a"].healthy
        answer = await tree.stop_path("edge/a")
        assert not answer.durable
        await tree.until(lambda view: view["edge/a"].state == "stopped", timeout=200)
        with pytest.raises(StoreError):
            await change(tree, place, verb)
    await asyncio.to_thread(failing.repair)
    place.write(OLD)
    async with open_tree(place.file, state_dir=place.state) as tree:
        await running(tree, "a")
        assert tree.running.number == number
        await check_that_the_head_runs(tree, place)


@both
async def test_a_state_directory_that_vanishes_loses_no_document_that_is_applied(
    tmp_path: Path, verb: str
) -> None:
    place = Place(tmp_path)
    async with place.runs(OLD) as tree:
        await begin(tree, place, verb)
        process = (await tree.view())["edge/a"].incarnation
        for number in range(3):
            changing = asyncio.create_task(change(tree, place, verb))
            await asyncio.sleep(0.1 * number)
            await asyncio.to_thread(remove_folder, place.state)
            await asyncio.gather(changing, return_exceptions=True)
        if verb == "apply":
            await persistent(tree, place, verb)
            await running(tree, "a", "b")
        place.write(document(a="100", b="300"))
        document_text = DocumentText(
            source=str(place.file), files={"": document(a="100", b="300").encode()}
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    await tree.apply(ApplyRequest(document=document_text), wait=30)
                    break
                except StoreError:
                    await asyncio.sleep(0.1)
        assert (await tree.view())["edge/a"].incarnation == process
        await check_that_the_head_runs(tree, place)
        last = tree.running.number
    async with open_tree(place.file, state_dir=place.state) as tree:
        assert tree.running.number == last


@both
async def test_a_second_instance_is_refused_while_it_converges(tmp_path: Path, verb: str) -> None:
    place = Place(tmp_path)
    async with place.runs(NEVER_CONVERGES if verb == "rollback" else HEAD) as tree:
        if verb == "rollback":
            await tree.apply(ApplyRequest(document=place.write(HEAD)), wait=30)
            request = RollbackRequest(generation=1, timeout=HOUR, rollback=True)
            answer = await tree.rollback(request)
        else:
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
@both
async def test_a_clock_that_is_set_ends_no_deadline_and_delays_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: float, verb: str
) -> None:
    """A deadline counts the seconds that pass, not those that a clock is set by."""
    place, wall = Place(tmp_path), time.time
    async with place.runs(NEVER_CONVERGES if verb == "rollback" else HEAD) as tree:
        if verb == "rollback":
            await tree.apply(ApplyRequest(document=place.write(HEAD)), wait=30)
        before, began = tree.running.number, time.monotonic()
        if verb == "rollback":
            await tree.rollback(RollbackRequest(generation=1, timeout=1.5, rollback=True))
        else:
            text = place.write(NEVER_CONVERGES)
            await tree.apply(ApplyRequest(document=text, timeout=1.5, rollback=True))
        monkeypatch.setattr(time, "time", lambda: wall() + off)
        progress = await tree.progress(before + 1, wait=60)
        took = time.monotonic() - began
        monkeypatch.setattr(time, "time", wall)
        assert (progress.state, progress.by) == ("rolled back", before + 2)
        assert took >= 1.5
        assert tree.running.number == before + 2


@both
async def test_a_socket_that_a_killed_run_left_is_in_nobodys_way(tmp_path: Path, verb: str) -> None:
    """Nor is one that is gone: what is asked by the next one reaches the tree."""
    place = Place(tmp_path)
    place.state.mkdir(mode=0o700)
    left = known_socket(place.state)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(left))
    async with place.runs(OLD) as tree, served(tree):
        await begin(tree, place, verb)
        remote = RemoteTree(place.state)
        answer = await change(remote, place, verb, wait=30)
        assert answer.progress.state == "converged"
        await check_that_the_head_runs(tree, place)
