"""Whether a process can be used: by what is its own, newer than its start, and asked politely."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from process_kit import config_of, until

from fsmv2.builtin.process import Ready
from fsmv2.builtin.process.process_record import ProcessRecord
from fsmv2.builtin.process.readiness import Probe
from fsmv2.builtin.process.readiness import missing as missing_now
from fsmv2.builtin.process.shim.output_lines import LineSplitter
from fsmv2.host.procfs import kernel_start
from fsmv2.host.socket_owner import other_listener

LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
time.sleep(600)
"""
SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
FORKS = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LISTENS!r}, sys.argv[1]])"


@pytest.fixture
def program() -> Iterator[Callable[..., int]]:
    """Start a program that says when it is up; its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def start(source: str, *words: str) -> int:
        command = [sys.executable, "-c", source, *words]
        one = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(one)
        assert one.stdout is not None
        assert one.stdout.readline() == b"up\n"
        return one.pid

    yield start
    for one in started:
        os.killpg(one.pid, 9)
        one.wait()
        assert one.stdout is not None
        one.stdout.close()


def record_of(pid: int, **more: Any) -> ProcessRecord:
    started_at = more.pop("started_at", time.time())
    return ProcessRecord(pid=pid, start_time=kernel_start(pid) or 0, started_at=started_at, **more)


def missing(directory: Path, record: ProcessRecord, **ready: Any) -> str:
    config = config_of(directory, "x", ready=Ready(**ready))
    return asyncio.run(missing_now(config, record, 5.0))


@pytest.mark.parametrize("by", ["port", "http"])
def test_h83_the_port_of_another_program_makes_nobody_ready(
    by: str, program: Callable[..., int], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port, own = free_port(), program(SLEEPS)
    web = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
server = HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler)
print("up", flush=True)
server.serve_forever()
"""
    other = program(web, str(port))
    ready = {"port": port} if by == "port" else {"http": f"http://127.0.0.1:{port}/"}
    said = missing(tmp_path, record_of(own), **ready)
    assert f"port {port} is taken by pid {other} (python" in said
    assert said.endswith("which is not of this process")
    assert missing(tmp_path, record_of(other), **ready) == ""


def test_a_port_that_something_started_by_the_process_holds_is_its_own(
    program: Callable[..., int], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    starter = program(FORKS, str(port))
    assert missing(tmp_path, record_of(starter), port=port) == ""
    # A shim is the parent of what left the group of its command.
    assert other_listener(port, program(SLEEPS), shim=starter) == ""


def test_h83_a_file_of_an_earlier_start_makes_nobody_ready(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    record = record_of(os.getpid(), started_at=time.time())
    assert "does not exist yet" in missing(tmp_path, record, file=str(file))
    file.touch()
    os.utime(file, (0, 0))  # one that was unpacked or copied bears an old time
    assert missing(tmp_path, record, file=str(file)) == ""
    later = msgspec.structs.replace(record, started_at=time.time() + 1)
    assert missing(tmp_path, later, file=str(file)) == f"the file {file} is older than this start"


def test_a_line_that_has_no_end_yet_can_be_looked_at() -> None:
    lines = LineSplitter(100, [(b"hunter2", b"***")])
    assert lines.begun() == b""
    assert lines.feed(b"first\nis rea") == [b"first"]
    assert lines.feed(b"dy with hunter2\x1b[0m") == []
    assert lines.begun() == b"is ready with ***"
    assert lines.feed(b"\n") == [b"is ready with ***"]


async def test_a_last_line_without_an_end_says_that_it_is_ready(
    running: Callable[..., Any],
) -> None:
    source = "import sys, time; sys.stdout.write('is ready> '); sys.stdout.flush(); time.sleep(600)"
    async with running(sys.executable, "-c", source, ready=Ready(line="ready>")) as tree:
        await until(tree, "running", ready=True)


DOUBLING = "(a+)+$"
"""On a line such as `aaaa!` each further letter doubles the time."""


@pytest.mark.thorough
async def test_a_pattern_that_takes_for_ever_keeps_no_shim_from_its_work(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """All is written down, the end is noticed, and the worker says why it does not get ready."""
    source = "import time; [print('a' * 40 + '!', flush=True) for _ in range(20)]; time.sleep(600)"
    ready = Ready(line=DOUBLING, within=60)
    async with running(sys.executable, "-c", source, ready=ready) as tree:
        await tree.until(
            lambda t: "no longer looked for, as it takes too long" in t["p"].reason, timeout=200
        )
        pid = (await tree.view())["p"].observed.pid
        os.kill(pid, signal.SIGTERM)
        await tree.until(lambda t: t["p"].observed.pid != pid, timeout=200)
    written = (tmp_path / "state/p/output.log").read_text()
    assert written.count("aaa!") >= 20
    assert written.count("looking for ready.line took longer than 0.25 s") >= 1


async def test_a_line_behind_one_that_takes_for_ever_says_that_it_is_ready(
    running: Callable[..., Any],
) -> None:
    source = "import time; print('a' * 40 + '!\\nup', flush=True); time.sleep(600)"
    async with running(sys.executable, "-c", source, ready=Ready(line=f"{DOUBLING}|up")) as tree:
        await until(tree, "running", ready=True)


def test_it_is_asked_seldom_once_it_has_been_ready(tmp_path: Path) -> None:
    now = [0.0]
    gate = tmp_path / "gate"
    probe = Probe(lambda: now[0])
    config = config_of(tmp_path, "x", ready=Ready(file=str(gate), every=10))
    record = record_of(os.getpid(), started_at=0.0)

    def lacks(seconds: float, of: ProcessRecord = record) -> str:
        now[0] += seconds
        return asyncio.run(probe.missing(config, of, 5.0))

    assert "does not exist" in lacks(0)
    gate.touch()
    assert lacks(1) == "", "each look asks until it is ready"
    gate.unlink()
    assert lacks(9) == "", "it was asked less than ten seconds ago"
    assert "does not exist" in lacks(1)
    gate.touch()
    assert "does not exist" in lacks(9)
    assert lacks(1) == ""
    gate.unlink()
    another = msgspec.structs.replace(record, pid=record.pid + 1)
    assert "does not exist" in lacks(1, another), "another process is asked at once"


async def test_while_it_waits_for_its_next_attempt_it_says_what_was_waited_for(
    running: Callable[..., Any],
) -> None:
    ready = Ready(line="never", within=0.3)
    async with running(sys.executable, "-c", SLEEPS, ready=ready) as tree:
        said = "not ready within 0.3 s: it has not written a line with 'never' yet"
        await tree.until(
            lambda t: (
                t["p"].state == "failed"
                and t["p"].reason.startswith("restarts, attempt")
                and said in t["p"].reason
            ),
            timeout=200,
        )
