"""Ending a process: exactly that one, for certain, and no zombie."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from fsmv2.builtin.process.shim.leftover import end_group
from fsmv2.host.process_end import end, kill_group, see_off
from fsmv2.host.process_identity import ProcessIdentity, living
from fsmv2.host.procfs import kernel_start

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"


@pytest.fixture(params=["by handle", "by polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to wait: with a handle of the process, and where there are none."""
    if request.param == "by polling":

        def refused(pid: int) -> int:
            raise PermissionError(pid)

        monkeypatch.setattr(os, "pidfd_open", refused)


def process(pid: int) -> ProcessIdentity:
    found = living(pid)
    assert found is not None
    return found


@pytest.mark.usefixtures("way")
def test_a_child_that_ends_when_asked_leaves_no_zombie() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        asyncio.run(end(process(child.pid), 5.0))
        assert kernel_start(child.pid) is None


@pytest.mark.usefixtures("way")
def test_one_that_does_not_end_when_asked_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        asyncio.run(end(process(child.pid), 0.1))
        assert kernel_start(child.pid) is None


@pytest.mark.usefixtures("way")
def test_one_with_another_start_time_is_not_signalled() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        found = process(child.pid)
        for other in (found._replace(start_time=1), found._replace(boot="another")):
            asyncio.run(end(other, 0.1))
        assert child.poll() is None
        child.kill()


def test_a_pid_that_is_nobodys_is_no_error() -> None:
    with subprocess.Popen(["true"]) as child:
        found = ProcessIdentity(
            child.pid, kernel_start(child.pid) or 0
        )  # it may be a zombie by now
    asyncio.run(end(found, 0.1))
    assert kernel_start(child.pid) is None


def test_to_see_off_one_that_lives_does_nothing() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        asyncio.run(see_off(process(child.pid)))
        assert child.poll() is None
        child.kill()


@pytest.mark.parametrize("leader", [0, 1, -1, os.getpgrp()])
def test_a_damaged_record_ends_neither_our_own_group_nor_every_process(
    leader: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the kernel 0 is the group of whoever asks, and 1 everybody."""
    sent: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: sent.append(group))
    kill_group(leader)
    if leader <= 1:
        end_group(leader)
    assert sent == []


def test_a_group_of_its_own_is_ended_as_a_whole() -> None:
    script = "import subprocess; subprocess.Popen(['sleep', '100']); print('up', flush=True)"
    words = [sys.executable, "-c", f"{script}; import time; time.sleep(100)"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    kill_group(child.pid)
    assert child.stdout.read() == b"", "closed by both"
    child.wait()
    child.stdout.close()
