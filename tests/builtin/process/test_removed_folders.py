"""The folder of a process that is declared no more goes when nothing of it can live."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from fsmv2.builtin.process import removed_folders
from fsmv2.builtin.process.process_record import ProcessRecord, read_record, write_record
from fsmv2.builtin.process.process_table import NOTHING
from fsmv2.builtin.process.removed_folders import folders_left, remove_folders
from fsmv2.host.procfs import boot, start_time_of

OURS = ("output.log", "output.previous", "output.told", "keeper.err", "process.json.other")
OVER = ProcessRecord(pid=1, start_time=1, boot="another", ended_at=1.0, asked=True)


def laid(state: Path, name: str = "edge%2Fold", record: ProcessRecord | None = OVER) -> Path:
    """What a process leaves behind."""
    folder = state / name
    folder.mkdir(parents=True)
    for file in (*OURS, "lock", "keeper.lock"):
        (folder / file).write_text("x")
    for pipe in ("out", "err", "out.new"):
        os.mkfifo(folder / pipe)
    if record is not None:
        write_record(folder, record)
    return folder


async def cleared(state: Path, *declared: str) -> list[str]:
    """What an agent would do; the folders that are there then."""
    await remove_folders(str(state), await folders_left(str(state), declared))
    return sorted(os.listdir(state))


@pytest.mark.parametrize("record", [OVER, None])
async def test_the_folder_of_one_that_has_ended_is_removed(
    tmp_path: Path, record: ProcessRecord | None
) -> None:
    laid(tmp_path, record=record)
    assert await folders_left(str(tmp_path), []) == ("edge/old",)
    assert await cleared(tmp_path) == []


async def test_one_whose_end_nobody_wrote_down_has_ended_when_nothing_of_it_lives(
    tmp_path: Path,
) -> None:
    """As after a loss of power."""
    laid(tmp_path, record=ProcessRecord(pid=2**22 + 1, start_time=1, boot="another"))
    assert await cleared(tmp_path) == []


async def test_what_is_declared_stays(tmp_path: Path) -> None:
    """By its path, however odd, and whatever it may be: it may be stopped for a while."""
    laid(tmp_path, "edge%2Fa%252Fb%2050%2525")
    laid(tmp_path)
    assert await cleared(tmp_path, "edge/a%2Fb 50%25", "edge/old") == [
        "edge%2Fa%252Fb%2050%2525",
        "edge%2Fold",
    ]


def own_record(folder: Path) -> None:
    write_record(folder, ProcessRecord(pid=os.getpid(), start_time=began(), boot=boot()))


def own_shim(folder: Path) -> None:
    record = ProcessRecord(
        pid=1, start_time=1, boot=boot(), ended_at=1.0, shim=os.getpid(), shim_start=began()
    )
    write_record(folder, record)


def began() -> int:
    """When this process did, in ticks of the kernel."""
    time = start_time_of(os.getpid())
    assert time is not None
    return time


def damaged(folder: Path) -> None:
    (folder / "process.json").write_text("{")


def marked(folder: Path) -> None:
    """Somebody lives who bears its mark, whatever the record says."""
    assert folder.is_dir()


DOUBTS: list[Callable[[Path], None]] = [own_record, own_shim, damaged, marked]


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt.__name__)
async def test_as_long_as_something_of_it_may_live_all_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doubt: Callable[[Path], None]
) -> None:
    folder = laid(tmp_path)
    doubt(folder)
    if doubt is marked:
        lives = {str(folder): NOTHING}
        monkeypatch.setattr(removed_folders, "found_below", lambda _: lives)
    before, record = sorted(os.listdir(folder)), read_record(folder)
    assert await cleared(tmp_path) == ["edge%2Fold"]
    assert await remove_folders(str(tmp_path), ["edge/old"]) == ()
    assert (sorted(os.listdir(folder)), read_record(folder)) == (before, record)


@pytest.mark.parametrize("lock", ["lock", "keeper.lock"])
async def test_it_stays_while_somebody_holds_a_lock_of_it(tmp_path: Path, lock: str) -> None:
    """A shim that cannot be seen from here, or a start."""
    held: TextIO
    with (laid(tmp_path) / lock).open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert await cleared(tmp_path) == ["edge%2Fold"]
        assert (tmp_path / "edge%2Fold/output.log").exists()
    assert await cleared(tmp_path) == []


async def test_what_is_not_ours_stays_and_is_not_looked_at_again(tmp_path: Path) -> None:
    (laid(tmp_path) / "notes.txt").write_text("mine")
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "output.log").write_text("mine")
    elsewhere = laid(tmp_path.parent / "elsewhere")
    (tmp_path / "link").symlink_to(elsewhere)
    assert await cleared(tmp_path) == ["backup", "edge%2Fold", "link"]
    assert os.listdir(tmp_path / "edge%2Fold") == ["notes.txt"]
    assert (elsewhere / "output.log").exists()
    assert await folders_left(str(tmp_path), []) == ()


async def test_where_no_process_ever_was_nothing_is_left(tmp_path: Path) -> None:
    assert await folders_left("", []) == ()
    assert await folders_left(str(tmp_path / "none"), []) == ()
    assert await remove_folders(str(tmp_path / "none"), ["edge/old"]) == ()
