"""A command that fsmv2 0.2.0 started is adopted: its keeper runs code that is no longer installed.

`written_by_0_2_0/keeper` is that code, copied. It is started here as that version did, and its
record, its lock and its pipes are what it makes of them.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from process_kit import becomes, config_of, lives

from fsmv2.builtin.process.lifecycle import current_record, start, stop, take_over
from fsmv2.builtin.process.orphans import orphans_in
from fsmv2.builtin.process.process_record import ProcessRecord, read_record
from fsmv2.builtin.process.process_table import found_in

pytestmark = pytest.mark.real

RUN = Path(__file__).parent / "written_by_0_2_0/keeper/run.py"
COMMAND = ("sh", "-c", "echo hello; exec sleep 600")
DIGEST = "b3563d6f44ee94f9"
"""Of the config of this command, as 0.2.0 wrote it into the record."""


def start_as_0_2_0(directory: Path, *, mark: bool = True) -> ProcessRecord:
    """The record of the command once its keeper, which goes on, says that it runs."""
    folder = directory / "state/p"
    folder.mkdir(parents=True)
    env = {"PATH": os.environ["PATH"]}
    job = {
        "pid": 0,
        "start_time": 0,
        "started_at": 0.0,
        "said": False,
        "ready": "",
        "digest": DIGEST,
        "command": list(COMMAND),
        "env": {**env, "FSMV2_PROCESS": str(folder)} if mark else env,
        "cwd": "",
        "limit": 4194304,
        "line": 8192,
        "secrets": [],
    }
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(RUN), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        pass_fds=(lock,),
        start_new_session=True,
    )
    os.close(lock)
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    with keeper.stdin, keeper.stdout:
        keeper.stdin.write(marshal.dumps({**job, "lock": lock}))
        keeper.stdin.close()
        assert keeper.stdout.readline() == b"kept 0\n"
    keeper.returncode = 0  # it goes on, as after a kill of fsmv2
    return record_of(directory)


def record_of(directory: Path) -> ProcessRecord:
    record = read_record(str(directory / "state/p"))
    assert record is not None
    return record


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Any]:
    """The same command as this version declares it; nothing is left of it at the end."""
    config = config_of(tmp_path, *COMMAND, grace=0.5)
    yield config
    found = found_in(config.directory)
    for pid in [*(r.shim for r in found.records), *(pid for pid, *_ in found.marked)]:
        os.kill(pid, 9)


async def test_it_is_adopted_with_its_keeper_and_ended_with_it(config: Any, tmp_path: Path) -> None:
    before = start_as_0_2_0(tmp_path)
    assert before.digest == config.digest
    await start(config)
    after = record_of(tmp_path)
    assert (after.pid, after.shim) == (before.pid, before.shim)
    assert after.runs
    assert after.kept
    await stop(config)
    assert not lives(before.pid)
    assert not lives(before.shim)
    assert (record_of(tmp_path).signal_name, record_of(tmp_path).asked) == ("SIGTERM", True)


async def test_where_its_keeper_was_killed_it_gets_one_of_this_version(
    config: Any, tmp_path: Path
) -> None:
    before = start_as_0_2_0(tmp_path)
    os.kill(before.shim, 9)
    await becomes(lambda: not record_of(tmp_path).kept)
    await take_over(config)
    after = record_of(tmp_path)
    assert after.pid == before.pid
    assert after.shim != before.shim
    assert after.kept
    os.kill(after.pid, 15)
    await becomes(lambda: (current_record(config) or after).ended_at is not None)
    written = (tmp_path / "state/p/output.log").read_text()
    assert "out hello" in written


@pytest.mark.parametrize("mark", [True, False])
async def test_without_its_record_it_is_found_by_what_the_kernel_knows(
    config: Any, tmp_path: Path, *, mark: bool
) -> None:
    """By the command line of its keeper; 0.1.0 gave its command no mark."""
    before = start_as_0_2_0(tmp_path, mark=mark)
    (tmp_path / "state/p/process.json").unlink()
    assert await orphans_in(str(tmp_path / "state"), []) == ("p",)
    found = current_record(config, search=True)
    assert found is not None
    assert (found.pid, found.shim) == (before.pid, before.shim)
    await stop(config)
    assert not lives(before.pid)
    assert not lives(before.shim)


async def test_while_its_keeper_lives_no_second_one_is_given(config: Any, tmp_path: Path) -> None:
    """Both versions lock one file: also where nothing of the process can be seen."""
    before = start_as_0_2_0(tmp_path)
    with pytest.raises(BlockingIOError), (tmp_path / "state/p/keeper.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    await take_over(config)
    assert record_of(tmp_path).shim == before.shim
