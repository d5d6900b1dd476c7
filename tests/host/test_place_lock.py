"""A folder is taken by one process, whatever becomes of the folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.host import place_lock
from fsmv2.host.file_lock import FileLock
from fsmv2.host.place_lock import WAITING, PlaceLock
from fsmv2.operate import state_directory
from fsmv2.operate.state_directory import held
from removed_folder import remove_folder

HOLD = """
import sys
from pathlib import Path
from fsmv2.operate.state_directory import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_it_is_held_once_and_free_again_after_its_release(tmp_path: Path) -> None:
    first, second = PlaceLock(tmp_path), PlaceLock(tmp_path / ".." / tmp_path.name)
    assert first.take() == 0
    assert second.take() == os.getpid()
    other = PlaceLock(tmp_path / "other")
    assert other.take() == 0
    other.release()
    first.release()
    assert second.take() == 0
    second.release()


def test_h69_it_is_held_however_often_others_ask(tmp_path: Path) -> None:
    lock = PlaceLock(tmp_path)
    assert lock.take() == 0
    for _ in range(3):
        assert {PlaceLock(tmp_path).take() for _ in range(WAITING)} == {os.getpid()}
        lock.forget_who_asked()
    lock.release()


def test_h69_the_folder_made_again_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_directory, "LOOK_EVERY", 0.01)
    state = tmp_path / "state"
    with held(state):
        remove_folder(state)
        (state / "processes").mkdir(parents=True)
        for _ in range(1000):
            if (state / "fsmv2.lock").exists() and stat.S_IMODE(state.stat().st_mode) == 0o700:
                break
            time.sleep(0.01)
        assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_the_same_path_in_a_container_is_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which shares the network and the numbers of processes, and has files of its own."""
    lock, proc = PlaceLock(tmp_path / "state"), tmp_path / "proc"
    assert lock.take() == 0
    (proc / f"{os.getpid()}/root{tmp_path}").mkdir(parents=True)
    assert PlaceLock(tmp_path / "state").take() == os.getpid()
    monkeypatch.setattr(place_lock, "PROC", str(proc))
    assert PlaceLock(tmp_path / "state").take() == 0
    lock.release()


def test_h69_no_second_fsmv2_starts_where_the_state_directory_was_removed(tmp_path: Path) -> None:
    """The first one lives and has no lock file any more; killed, it keeps nobody out."""
    state = tmp_path / "state"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "held\n"
            remove_folder(state)
            with pytest.raises(StoreError, match=f"process {first.pid}"), held(state):
                pass
        finally:
            first.kill()
    with held(state):
        assert (state / "fsmv2.lock").exists()


def test_h69_the_lock_is_made_again_where_its_folder_was_removed(tmp_path: Path) -> None:
    file = tmp_path / "state" / "fsmv2.lock"
    file.parent.mkdir()
    lock = FileLock(file, what="the folder", fix="")
    lock.take()
    assert lock.stands
    remove_folder(file.parent)
    assert not lock.stands
    lock.retake()
    assert lock.stands
    with pytest.raises(StoreError, match="in use"):
        FileLock(file, what="the folder", fix="").take()
    lock.release()
