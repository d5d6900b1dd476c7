"""What /proc says of processes: of those that live, of zombies, and of none."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from fsmv2.host import procfs

NO_PROCESS = 2**22 + 1
"""More than the kernel gives."""


def test_a_process_has_one_start_as_long_as_it_lives(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 (b"  # a name that looks like the fields behind it
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([program, "600"])
    try:
        started = procfs.start_time_of(child.pid)
        assert started is not None
        assert started == procfs.kernel_start(child.pid)
        assert child.pid in procfs.pids()
        assert child.pid in procfs.children_of(os.getpid())
        child.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
        assert procfs.start_time_of(child.pid) is None
        assert procfs.kernel_start(child.pid) == started
        assert child.pid in procfs.children_of(os.getpid())
    finally:
        child.kill()
        child.wait()
    assert child.pid not in procfs.children_of(os.getpid())


def test_of_a_process_that_is_not_there_nothing_is_known() -> None:
    assert procfs.stat(NO_PROCESS) is None
    assert procfs.kernel_start(NO_PROCESS) is None
    assert procfs.start_time_of(NO_PROCESS) is None


def test_a_boot_is_named_and_stays_the_same() -> None:
    assert procfs.boot() == procfs.boot()
    assert len(procfs.boot()) == 36
