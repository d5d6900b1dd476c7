"""Who a process is, and how it ended."""

from __future__ import annotations

import os
import subprocess

import pytest

from fsmv2.host.process_identity import ProcessIdentity, living
from fsmv2.host.procfs import boot, kernel_start


def test_a_process_lives_under_its_own_start_time_and_boot_alone() -> None:
    found = living(os.getpid())
    assert found is not None
    assert found.lives
    assert found._replace(boot="").lives, "one recorded before boots were"
    assert not found._replace(start_time=found.start_time + 1).lives
    assert not found._replace(boot="another").lives
    assert living(2**22 + 1) is None


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 3", "ended with exit code 3"), ("kill -SEGV $$", "was killed by SIGSEGV")],
)
def test_how_a_process_ended_is_told_until_its_end_is_taken_note_of(script: str, said: str) -> None:
    child = subprocess.Popen(["sh", "-c", script])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    found = ProcessIdentity(child.pid, kernel_start(child.pid) or 0, boot())
    assert found.is_zombie
    assert not found.lives
    assert found.how_ended == said
    assert found._replace(start_time=1).how_ended == "has ended"
    assert found.reap()
    assert found.how_ended == "has ended"
    child.wait()
