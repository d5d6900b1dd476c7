"""Who holds the lock on a file, as the kernel tells it."""

from __future__ import annotations

import os
from pathlib import Path

from fsmv2.host.flock import open_locked
from fsmv2.host.lock_holder import lock_holder


def test_the_process_that_has_it_is_named_while_it_has_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    held = open_locked(file)
    found = lock_holder(file)
    assert found is not None
    assert found.pid == os.getpid()
    assert str(found).startswith(f"process {os.getpid()} ({found.command}) of user ")
    os.close(held)
    assert lock_holder(file) is None


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert lock_holder(tmp_path / "none") is None
