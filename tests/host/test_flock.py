"""The lock that the kernel keeps for an open file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fsmv2.host.flock import open_locked, try_lock


def test_one_has_it_until_the_file_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    first = open_locked(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BlockingIOError):
        open_locked(file)
    second = os.open(file, os.O_RDWR)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)


def test_who_is_refused_keeps_no_file_open(tmp_path: Path) -> None:
    held = open_locked(tmp_path / "lock")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(BlockingIOError):
        open_locked(tmp_path / "lock")
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(held)
