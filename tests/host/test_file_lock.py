"""The lock on a store, a journal or a state directory: private, and honest about who has it."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.flow.commands.command_id_file import KeptCommands
from fsmv2.host.file_lock import FileLock
from fsmv2.operate.state_directory import LOCK, held, holder
from fsmv2.store import Batch, EventRecord, SqliteStore
from fsmv2.store.segmented_log import SegmentedLog

STRANGER = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_SH)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): mode(path) for path in folder.rglob("*")}


def use(state: Path) -> None:
    """All that writes below a state directory, but for workers."""
    with held(state):
        store = SqliteStore(state / "store.db")
        store.open()
        event = EventRecord(at=0.0, path="", kind="", level="", state="", text="", tick=0)
        store.write(Batch(events=(event,)))
        segments = SegmentedLog(state / "journal", 1_000_000)
        segments.begin(iter([b"record"]))
        KeptCommands(state / "commands" / "b", keep=60.0).load(0.0)
        store.close()
        segments.close()


def test_all_that_is_kept_is_private_and_what_was_not_becomes_so(tmp_path: Path) -> None:
    state = tmp_path / "state"
    use(state)
    for path in state.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    state.chmod(0o755)
    (state / "commands" / "b").unlink()
    use(state)
    assert mode(state) == 0o700
    found = modes(state)
    written = {"store.db", "store.db.lock", LOCK, "journal/00000001.journal", "journal/lock"}
    assert written <= set(found)
    assert {name: oct(one) for name, one in found.items() if one & 0o077} == {}


def test_a_folder_that_holds_other_things_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").write_text("mine")
    with held(tmp_path):
        assert mode(tmp_path) == 0o755
        assert mode(tmp_path / LOCK) == 0o600


def test_a_lock_of_a_stranger_names_the_stranger_and_nobody_who_has_ended(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    file = tmp_path / LOCK
    with subprocess.Popen(
        [sys.executable, "-c", STRANGER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as stranger:
        assert stranger.stdout is not None
        stranger.stdout.readline()
        assert holder(tmp_path) == ""  # no tree runs here
        with pytest.raises(StoreError) as error, held(tmp_path):
            pass
        stranger.communicate()
    said = str(error.value)
    assert f"in use by process {stranger.pid} (" in said
    assert " of user " in said
    assert f" {os.getpid()}" not in said


def test_the_lock_of_a_tree_names_it(tmp_path: Path) -> None:
    with held(tmp_path):
        assert holder(tmp_path) == str(os.getpid())
        with pytest.raises(StoreError, match=f"another tree in this process, {os.getpid()}"):
            FileLock(tmp_path / LOCK, what="it", fix="").take()
    assert holder(tmp_path) == ""


def test_who_looks_for_a_moment_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_SH)
    monkeypatch.setattr("time.sleep", lambda _: os.close(file))
    with held(tmp_path):
        pass
