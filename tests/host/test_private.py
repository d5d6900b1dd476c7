"""Files that are replaced whole, for their owner alone, through kills and full disks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fsmv2.host.private import replace_private, sweep


@pytest.fixture
def dead() -> int:
    """The pid of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_what_a_killed_writer_left_is_removed(tmp_path: Path, dead: int) -> None:
    """Of a living writer it is left alone: it is about to be put in place."""
    (tmp_path / f"broker.json.{dead}.new").touch()
    living = tmp_path / "broker.json.1.new"
    living.touch()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [living]


def test_the_next_writer_of_a_file_removes_what_one_of_the_same_left(
    tmp_path: Path, dead: int
) -> None:
    """In a folder of the user, where nothing else is touched that looks like one."""
    others = {"other.4194305.new", f"my.conf.{dead}.new", "conf.new", f"conf.{dead}.old", "a.new"}
    for name in (*others, f"conf.{dead}.new"):
        (tmp_path / name).touch()
    replace_private(tmp_path / "conf", b"two")
    assert {path.name for path in tmp_path.iterdir()} == others | {"conf"}
    assert (tmp_path / "conf").read_bytes() == b"two"
    assert (tmp_path / "conf").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_file_alone_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk, where half of the new one would take the last of the space."""

    def full(_file: int) -> None:
        raise OSError(28, os.strerror(28))

    replace_private(tmp_path / "conf", b"one")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_private(tmp_path / "conf", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]
    assert (tmp_path / "conf").read_bytes() == b"one"
