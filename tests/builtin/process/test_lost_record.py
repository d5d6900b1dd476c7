"""What was on record is lost, and the process goes on: it is found, never doubled, never left."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from process_kit import becomes, config_of, lives, until

from fsmv2.builtin.process import lifecycle
from fsmv2.builtin.process.lifecycle import current_record, start, stop
from fsmv2.builtin.process.orphans import end_orphans, orphans_in
from fsmv2.builtin.process.process_record import ProcessRecord, read_record
from fsmv2.builtin.process.process_table import found_in
from fsmv2.host.process_folder import LONGEST, folder_of
from full_disk import fill, small_disk
from removed_folder import remove_folder

pytestmark = pytest.mark.real

SLEEPS = ("sh", "-c", "echo hello; exec sleep 600")


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """End what a failed test left behind, by pid."""
    yield
    for path in (tmp_path / "state/p", tmp_path / "away/p"):
        found = found_in(str(path))
        for pid in [*(r.shim for r in found.records), *(pid for pid, *_ in found.marked)]:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)


def record_of(directory: Path) -> ProcessRecord:
    record = read_record(str(directory / "state/p"))
    assert record is not None
    return record


def removed(directory: Path) -> None:
    remove_folder(directory / "state")


def replaced(directory: Path) -> None:
    remove_folder(directory / "state")
    (directory / "state/p").mkdir(parents=True)
    (directory / "state/p/process.json").write_text('{"pid": 1, "start_time": 5}')


def moved_away(directory: Path) -> None:
    (directory / "state").rename(directory / "away")


@pytest.mark.parametrize("lose", [removed, replaced, moved_away])
async def test_h69_a_state_directory_lost_while_it_runs_leads_to_no_second_process(
    lose: Callable[[Path], None], running: Callable[..., Any], tmp_path: Path
) -> None:
    """What is in memory is rewritten; the stop ends command and shim."""
    async with running(*SLEEPS) as tree:
        await until(tree, "running")
        before = record_of(tmp_path)
        lose(tmp_path)
        await becomes(
            lambda: read_record(str(tmp_path / "state/p")) == before
        )  # the next look has seen it
        assert (await until(tree, "running")).observed.pid == before.pid
        assert len(found_in(str(tmp_path / "state/p")).records) == 1
    assert not lives(before.pid)
    assert not lives(before.shim)


@pytest.mark.parametrize(
    "text", [None, "", '{"pid": ', '{"pid": "x", "start_time": []}', "\0" * 99]
)
async def test_h70_a_process_whose_record_is_lost_or_damaged_is_ended_by_its_stop(
    text: str | None, tmp_path: Path
) -> None:
    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    record = record_of(tmp_path)
    file = tmp_path / "state/p/process.json"
    file.unlink() if text is None else file.write_text(text)
    await stop(config)
    assert not lives(record.pid)
    assert not lives(record.shim)


async def test_h70_the_next_start_finds_a_process_without_a_record_and_runs_one(
    tmp_path: Path,
) -> None:
    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    before = record_of(tmp_path)
    removed(tmp_path)
    await start(config)
    after = record_of(tmp_path)
    assert len(found_in(config.directory).records) == 1
    assert lives(after.pid)
    assert before.pid == after.pid or not lives(before.pid)
    await stop(config)
    assert not lives(after.pid)


async def test_h70_one_that_is_declared_no_more_is_found_without_a_record_and_ended(
    tmp_path: Path,
) -> None:
    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    record = record_of(tmp_path)
    removed(tmp_path)
    state = str(tmp_path / "state")
    assert await orphans_in(state, ["p"]) == ()
    assert await orphans_in(state, []) == ("p",)
    await end_orphans(state, ["p"])
    assert not lives(record.pid)
    assert await orphans_in(state, []) == ()


async def test_a_process_of_a_version_without_the_mark_is_found_by_its_shim(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As 0.1.0 started them: the folder is on the command line of the shim alone."""
    monkeypatch.setattr("fsmv2.builtin.process.launch.MARK", "SOMETHING_ELSE")
    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    record = record_of(tmp_path)
    (tmp_path / "state/p/process.json").unlink()
    found = current_record(config, search=True)
    assert found is not None
    assert (found.pid, found.shim) == (record.pid, record.shim)
    await stop(config)
    assert not lives(record.pid)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that can be filled."""
    with small_disk(tmp_path / "disk") as folder:
        yield folder


async def test_h86_a_process_that_ends_while_the_disk_is_full_is_started_again(
    full_disk: Path,
) -> None:
    """The room for its record was kept."""
    program = (sys.executable, "-c", "import time; time.sleep(600)")
    config = config_of(full_disk, *program, files={})
    await start(config)
    first = record_of(full_disk)
    fill(full_disk)
    for _ in range(3):
        os.kill(first.pid, 9)
        await becomes(lambda: record_of(full_disk).ended_at is not None)
        await start(config)
        second = record_of(full_disk)
        assert lives(second.pid)
        assert second.pid != first.pid
        first = second
    await stop(config)
    assert not lives(first.pid)


@pytest.mark.parametrize(
    "path", ["edge/" + "\N{CYRILLIC SMALL LETTER ZHE}" * 49, "edge/" + "a" * 300, "x" * 255]
)
def test_a_long_name_has_a_folder_that_fits_and_is_its_own(path: str, tmp_path: Path) -> None:
    folder = folder_of(path)
    assert len(folder) <= LONGEST
    (tmp_path / folder).mkdir()
    assert folder_of(path + "b") != folder
    assert folder_of(path) == folder


@pytest.mark.parametrize("seen_before", [False, True])
def test_a_start_that_fails_while_it_is_looked_at_leaves_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen_before: bool
) -> None:
    """Its shim removes the record and ends between two moments of one look."""
    config = config_of(tmp_path, *SLEEPS)
    tried = ProcessRecord(pid=2**22 + 1, start_time=1, shim=2**22 + 2, shim_start=1)
    earlier = ProcessRecord(pid=2**22 + 3, start_time=1, ended_at=1.0, exit_code=0)
    reads: list[ProcessRecord | None] = [tried]
    monkeypatch.setattr(lifecycle, "read_record", lambda _: reads.pop() if reads else None)
    assert current_record(config, earlier if seen_before else None) is None
    assert not (tmp_path / "state/p/process.json").exists()
    # One that was seen to run, and whose record somebody has removed since, has ended.
    reads.append(tried)
    found = current_record(config, tried)
    assert found is not None
    assert found.ended_at is not None


async def test_a_stop_succeeds_though_a_read_only_disk_takes_no_note_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is replaced: a disk that really turns read-only keeps the shim for seconds."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    pid = record_of(tmp_path).pid
    monkeypatch.setattr(lifecycle, "write_record", refuse)
    monkeypatch.setattr(lifecycle, "remove_record", refuse)
    await stop(config)
    assert not lives(pid)
    await stop(config)
    assert found_in(config.directory).marked == ()
