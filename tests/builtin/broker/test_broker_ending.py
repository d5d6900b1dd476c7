"""Ending a process: exactly that one, for certain, and no zombie."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from fsmv2.builtin.process.ending import end, see_off
from fsmv2.builtin.process.kernel import how_ended, kernel_start

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"


@pytest.fixture(params=["by handle", "by polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to wait: with a handle of the process, and where there are none."""
    if request.param == "by polling":

        def refused(pid: int) -> int:
            raise PermissionError(pid)

        monkeypatch.setattr(os, "pidfd_open", refused)


def began(pid: int) -> int:
    started = kernel_start(pid)
    assert started is not None
    return started


@pytest.mark.usefixtures("way")
def test_a_child_that_ends_when_asked_leaves_no_zombie() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        asyncio.run(end(child.pid, began(child.pid), 5.0))
        assert kernel_start(child.pid) is None


@pytest.mark.usefixtures("way")
def test_one_that_does_not_end_when_asked_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        asyncio.run(end(child.pid, began(child.pid), 0.1))
        assert kernel_start(child.pid) is None


@pytest.mark.usefixtures("way")
def test_one_with_another_start_time_is_not_signalled() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        asyncio.run(end(child.pid, began(child.pid) - 1, 0.1))
        assert child.poll() is None
        child.kill()


def test_a_pid_that_is_nobodys_is_no_error() -> None:
    with subprocess.Popen(["true"]) as child:
        started = began(child.pid)
    asyncio.run(end(child.pid, started, 0.1))
    assert kernel_start(child.pid) is None


def test_to_see_off_one_that_lives_does_nothing() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        asyncio.run(see_off(child.pid, began(child.pid)))
        assert child.poll() is None
        child.kill()


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 3", "ended with exit code 3"), ("kill -SEGV $$", "was killed by SIGSEGV")],
)
def test_how_a_process_ended_is_told_until_its_end_is_taken_note_of(script: str, said: str) -> None:
    child = subprocess.Popen(["sh", "-c", script])
    started = began(child.pid)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert how_ended(child.pid, started) == said
    assert how_ended(child.pid, started + 1) == "has ended"
    child.wait()
    assert how_ended(child.pid, started) == "has ended"
