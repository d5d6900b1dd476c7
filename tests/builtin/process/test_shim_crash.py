"""kill -9 of fsmv2, of the shim, of the command, and of any two of them: docs/decisions/0010.

In every case the command runs once at most, and is adopted, ended or started again.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from process_kit import becomes, config_of, lives, until

from busy_machine import allowed
from fsmv2 import FsmError, PermanentError, TemporaryError
from fsmv2.builtin.process import Ready
from fsmv2.builtin.process.launch import PROGRAM
from fsmv2.builtin.process.lifecycle import current_record, start, stop, take_over
from fsmv2.builtin.process.process_record import ProcessRecord, read_record, write_record
from fsmv2.builtin.process.shim import command_start
from removed_folder import remove_folder
from suspended_process import suspend

pytestmark = [pytest.mark.real, pytest.mark.thorough]

COUNTS = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done"
SLEEPS = ("sh", "-c", "echo hello; exec sleep 600")


def record_of(directory: Path) -> ProcessRecord:
    record = read_record(str(directory / "state/p"))
    assert record is not None
    return record


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def lines_of(directory: Path) -> list[str]:
    text = ""
    for name in ("output.previous", "output.log"):
        file = directory / "state/p" / name
        text += file.read_text() if file.exists() else ""
    return re.findall(r"^\S+ (?:out|err) (.*)$", text, re.M)


def counted(directory: Path) -> list[int]:
    return [int(line.split()[1]) for line in lines_of(directory)]


def wait_until(condition: Callable[[], bool]) -> None:
    asyncio.run(becomes(condition, within=200))


async def test_after_a_kill_of_fsmv2_the_same_process_is_adopted_and_never_doubled(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """It runs on; one of an earlier config is ended first."""
    await start(config_of(tmp_path, *SLEEPS))
    before = record_of(tmp_path)
    async with running(*SLEEPS) as tree:
        seen = await until(tree, "running")
        assert (seen.observed.pid, seen.observed.kept) == (before.pid, True)
        assert record_of(tmp_path).shim == before.shim
    assert not lives(before.pid)
    assert not lives(before.shim)
    await start(config_of(tmp_path, *SLEEPS))
    old = record_of(tmp_path)
    async with running(*SLEEPS, env={"CHANGED": "yes"}) as tree:
        assert (await until(tree, "running")).observed.pid != old.pid
        assert not lives(old.pid)
        assert not lives(old.shim)


async def test_one_that_ended_while_nobody_watched_is_found_with_exit_code_and_last_words(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    await start(config_of(tmp_path, "sh", "-c", "echo no such plant >&2; exit 7"))
    await becomes(lambda: record_of(tmp_path).ended_at is not None)
    assert (record_of(tmp_path).exit_code, record_of(tmp_path).signal) == (7, 0)
    async with running(*SLEEPS) as tree:
        await until(tree, "running")
    assert tree.said("asked to run; the one before ended with exit code 7; last: no such plant")


async def test_while_fsmv2_is_away_a_loud_process_stays_within_its_limit(tmp_path: Path) -> None:
    config = config_of(tmp_path, "yes", log_bytes=100_000)
    await start(config)

    def size() -> int:
        return sum(file.stat().st_size for file in (tmp_path / "state/p").glob("output.*"))

    await becomes(lambda: "lines left out" in (tmp_path / "state/p/output.log").read_text())
    for _ in range(50):
        assert size() <= 100_000
        await asyncio.sleep(0.01)
    await stop(config)
    assert lines_of(tmp_path)[-1] == "y"


async def test_after_a_kill_of_the_shim_the_command_goes_on_and_no_line_is_lost(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """Another shim is given, and the end is still noticed; only how it ended cannot be."""
    async with running("sh", "-c", COUNTS) as tree:
        seen = await until(tree, "running")
        shim = record_of(tmp_path).shim
        kill(shim)
        view = await tree.until(
            lambda t: (
                t["p"].state == "running"
                and t["p"].observed.kept
                and record_of(tmp_path).shim != shim
            ),
            timeout=200,
        )
        assert view["p"].observed.pid == seen.observed.pid
        assert view["p"].observed.running
        far = counted(tmp_path)[-1]
        await becomes(lambda: counted(tmp_path)[-1] > far)
        kill(seen.observed.pid)
        await tree.until(lambda t: t["p"].observed.pid not in (0, seen.observed.pid), timeout=200)
        await becomes(lambda: 1 in counted(tmp_path)[1:])  # the next one has written
        numbers = counted(tmp_path)
        first_run = numbers[: numbers.index(1, 1)]
        assert first_run == list(range(1, len(first_run) + 1))


async def test_after_a_kill_of_shim_and_fsmv2_the_command_waits_and_is_adopted(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """It fills its pipe and waits; of what it wrote nothing is lost."""
    source = "i=0; while :; do i=$((i+1)); echo line $i; done"
    config = config_of(tmp_path, "sh", "-c", source)
    await start(config)
    before = record_of(tmp_path)
    await becomes(lambda: bool(counted(tmp_path)))
    suspend(before.shim)  # so that the pipe is full when it is killed
    await asyncio.sleep(0.2)
    kill(before.shim)
    await becomes(lambda: not lives(before.shim))
    far = counted(tmp_path)[-1]
    assert lives(before.pid)
    async with running("sh", "-c", source) as tree:
        seen = await until(tree, "running", kept=True)
        assert seen.observed.pid == before.pid
        await becomes(lambda: far + 1 in counted(tmp_path) or counted(tmp_path)[0] > far + 1)
    assert not lives(before.pid)


async def test_after_a_kill_of_shim_and_command_it_is_started_again(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    async with running(*SLEEPS) as tree:
        seen = await until(tree, "running")
        kill(record_of(tmp_path).shim)
        kill(seen.observed.pid)
        await tree.until(
            lambda t: (
                t["p"].state == "running" and t["p"].observed.pid not in (0, seen.observed.pid)
            ),
            timeout=200,
        )
    assert tree.said("ended; how is not known, as its shim was killed; last: hello")


@pytest.mark.parametrize("shim", ["lives", "killed", "another"])
async def test_the_whole_group_ends_with_its_command(tmp_path: Path, shim: str) -> None:
    """With a shim also what left the group; a shim that came later cannot know of that."""
    source = (
        f"sleep 600 & echo $! > {tmp_path}/child; "
        f"setsid sh -c 'sleep 600 & echo $! > {tmp_path}/orphan'; exec sleep 600"
    )
    config = config_of(tmp_path, "sh", "-c", source)
    await start(config)

    def pid(name: str) -> int:
        file = tmp_path / name
        return int(file.read_text() or 0) if file.exists() else 0

    await becomes(lambda: bool(pid("child") and pid("orphan")))
    record = record_of(tmp_path)
    if shim != "lives":
        kill(record.shim)
        await becomes(lambda: not lives(record.shim))
    if shim == "another":
        await take_over(config)
        assert record_of(tmp_path).kept
    kill(record.pid)
    await becomes(lambda: (current_record(config) or record).ended_at is not None)
    await becomes(lambda: not lives(pid("child")))
    if shim != "lives":
        kill(pid("orphan"))
    await becomes(lambda: not lives(pid("orphan")))


def test_killed_before_the_record_is_written_the_shim_leaves_nothing(tmp_path: Path) -> None:
    """The command waits for the record, and ends when the shim does."""
    ran = tmp_path / "ran"

    children = []

    def killed(pid: int) -> None:
        children.append(pid)
        raise KeyboardInterrupt

    devnull = os.open(os.devnull, os.O_RDWR)
    with pytest.raises(KeyboardInterrupt):
        command_start.start(["touch", str(ran)], dict(os.environ), "", devnull, devnull, killed)
    os.close(devnull)
    _, status = os.waitpid(children[0], 0)
    assert os.WEXITSTATUS(status) == 127
    assert not ran.exists()


async def test_two_starts_at_once_make_one_process(tmp_path: Path) -> None:
    config = config_of(tmp_path, *SLEEPS)
    results = await asyncio.gather(*(start(config) for _ in range(4)), return_exceptions=True)
    refused = [result for result in results if result is not None]
    assert len(refused) <= 3
    assert all(isinstance(error, TemporaryError) for error in refused), refused
    record = record_of(tmp_path)
    await start(config)
    assert record_of(tmp_path).pid == record.pid
    started = (tmp_path / "state/p/output.log").read_text().count("fsmv2 started")
    assert started == 1
    await stop(config)


async def test_a_shim_survives_what_is_meant_for_its_command(tmp_path: Path) -> None:
    """systemd signals everything at once."""
    config = config_of(tmp_path, "sh", "-c", "trap 'echo bye; exit 3' TERM; sleep 600 & wait")
    await start(config)
    record = record_of(tmp_path)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(record.shim, number)
    await asyncio.sleep(0.2)
    assert lives(record.shim)
    os.kill(record.pid, signal.SIGTERM)
    await becomes(lambda: record_of(tmp_path).ended_at is not None)
    assert record_of(tmp_path).exit_code == 3
    assert "bye" in lines_of(tmp_path)


async def test_a_pid_that_was_given_to_somebody_else_is_not_touched(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """Nor one of before the machine was booted, even with the same start time."""
    from fsmv2.host.procfs import kernel_start

    config = config_of(tmp_path, *SLEEPS)
    os.makedirs(config.directory)
    mine = kernel_start(os.getpid()) or 0
    for record in (
        ProcessRecord(pid=os.getpid(), start_time=1, digest=config.digest),
        ProcessRecord(pid=os.getpid(), start_time=mine, digest=config.digest, boot="another"),
    ):
        write_record(config.directory, record)
        async with running(*SLEEPS) as tree:
            assert (await until(tree, "running")).observed.pid != os.getpid()


async def test_a_line_that_says_ready_is_not_missed_in_a_flood(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """The shim looks at every line, also at those it leaves out."""
    source = "yes | head -c 20000000; echo serves; yes | head -c 20000000; exec sleep 600"
    ready = Ready(line="^serves$", within=60)
    async with running("sh", "-c", source, ready=ready, log_bytes=16 << 10) as tree:
        await until(tree, "running")


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_what_a_secret_of_it_is_stands_nowhere_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a shim given the environment of fsmv2, which may hold others."""
    monkeypatch.setenv("TOKEN_OF_ANOTHER", "swordfish")
    config = config_of(tmp_path, "sh", "-c", "echo $PASSWORD; sleep 600", env={"PASSWORD": "pa55"})
    await start(config, [("pa55", "***env:PASSWORD***")])
    await becomes(lambda: bool(lines_of(tmp_path)))
    assert lines_of(tmp_path) == ["***env:PASSWORD***"]
    for file in (tmp_path / "state/p").iterdir():
        assert not file.is_file() or b"pa55" not in file.read_bytes(), file
    found = environment_of(record_of(tmp_path).shim)
    assert b"PATH" in found
    assert b"pa55" not in found
    assert b"swordfish" not in found
    await stop(config)


def test_a_shim_imports_little_and_of_fsmv2_no_more_than_its_own(tmp_path: Path) -> None:
    """Each command has one: a megabyte of it is a gigabyte for a thousand."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", PROGRAM, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert "EOFError" in ran.stderr, "there was no job on its standard input"
    imported = set(re.findall(r"\| +([\w.]+)$", ran.stderr, re.M))
    ours = {name for name in imported if name.startswith("fsmv2")}
    assert {name for name in ours if not name.startswith("fsmv2.builtin.process.shim")} == {
        "fsmv2.host.flock",
        "fsmv2.host.process_folder",
        "fsmv2.host.procfs",
        "fsmv2.host.reserved_file",
    }
    assert "fsmv2.builtin.process.shim.line_search" not in ours
    large = {"asyncio", "collections", "contextlib", "enum", "functools", "json", "logging"}
    assert not imported & (large | {"pathlib", "re", "signal", "subprocess", "typing"})


async def test_a_shim_whose_directory_was_removed_ends_with_its_command(tmp_path: Path) -> None:
    """It can write nothing down any more, and stays for nobody."""
    config = config_of(tmp_path, *SLEEPS)
    await start(config)
    record = record_of(tmp_path)
    remove_folder(tmp_path / "state")
    kill(record.pid)
    await becomes(lambda: not lives(record.shim))
    assert current_record(config) is None


async def test_where_a_shim_cannot_work_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path, *SLEEPS)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(TemporaryError, match="no shim can be started with /no/such/python"):
        await start(config)
    monkeypatch.undo()
    os.mkdir(f"{config.directory}/out")
    with pytest.raises(PermanentError, match=r"state/p cannot be used: Is a directory"):
        await start(config)
    os.rmdir(f"{config.directory}/out")
    monkeypatch.setattr("fsmv2.builtin.process.launch.PROGRAM", "/no/such/shim.py")
    with pytest.raises(FsmError, match=r"its shim did not start: .*can't open file"):
        await start(config)


def test_a_document_whose_fsmv2_is_killed_is_taken_over_by_the_next_one(
    tmp_path: Path,
) -> None:
    """The command itself, from outside: kill -9, look what runs, run again."""
    file = tmp_path / "plant.yaml"
    file.write_text(
        "agent: {name: edge}\nprocesses:\n"
        f"  count: {{command: [sh, -c, '{COUNTS.replace('0.01', '0.1')}']}}\n"
        "  once: {command: [sh, -c, 'sleep 2']}\n"
    )
    home = tmp_path / "state"
    told = tmp_path / "told"
    fsmv2 = [sys.executable, "-m", "fsmv2.cli", "run", str(file), "--state-dir", str(home)]
    fsmv2 += ["--log-format", "text"]

    def running_pid(name: str) -> int:
        record = read_record(str(home / "processes" / f"edge%2F{name}"))
        return record.pid if record is not None and record.ended_at is None else 0

    with told.open("wb") as out:
        first = subprocess.Popen(fsmv2, stdout=out)
        wait_until(lambda: bool(running_pid("count") and running_pid("once")))
        wait_until(lambda: "line 5" in told.read_text())
        first.kill()
        first.wait()
        shown = len(re.findall(r"edge/count out \| line \d+", told.read_text()))
        pid, once = running_pid("count"), running_pid("once")
        assert lives(pid)
        wait_until(lambda: not lives(once))
        second = subprocess.Popen(fsmv2, stdout=out)
        wait_until(lambda: "the one before ended with exit code 0" in told.read_text())
        wait_until(lambda: f"pid {pid} is ready" in told.read_text())
        began = time.monotonic()
        second.send_signal(signal.SIGTERM)
        second.wait(timeout=200)
        assert time.monotonic() - began < allowed(20)
    assert not lives(pid)
    lines = re.findall(r"edge/count out \| line (\d+)", told.read_text())
    numbers = [int(number) for number in lines]
    assert numbers == sorted({*numbers}), "none twice, and in order"
    missing = {*range(1, numbers[-1] + 1)} - {*numbers}
    # What the first had read and not yet written when it was killed is in the file alone.
    assert len(missing) < 10
    assert not missing or (
        min(missing) > shown and missing == {*range(min(missing), max(missing) + 1)}
    )
