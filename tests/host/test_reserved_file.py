"""A file that is replaced whole, by content that has its space already."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fsmv2.host.reserved_file import BLOCK, put, reserve


def test_the_new_content_is_there_whole_and_takes_no_more_space(tmp_path: Path) -> None:
    file = tmp_path / "record"
    for number in range(50):
        put(str(file), b"%d" % number)
        assert file.read_bytes().strip() == b"%d" % number
        assert sorted(path.name for path in tmp_path.iterdir()) == ["record", "record.spare"]
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {BLOCK}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_writer_that_was_killed_between_its_steps_leaves_the_space_to_the_next(
    tmp_path: Path,
) -> None:
    file = tmp_path / "record"
    put(str(file), b"one")
    os.rename(f"{file}.spare", f"{file}.other")
    put(str(file), b"two")
    assert file.read_bytes().strip() == b"two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record", "record.spare"]


def test_space_is_kept_for_a_file_that_has_none(tmp_path: Path) -> None:
    file = tmp_path / "record"
    file.write_bytes(b"of an older version")
    reserve(str(file))
    assert (tmp_path / "record.spare").stat().st_size == BLOCK
    reserve(str(tmp_path / "missing" / "record"))  # no folder: nothing to keep


def test_where_nothing_can_be_written_the_old_content_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "record"
    put(str(file), b"one")
    monkeypatch.setattr(os, "pwrite", lambda *given: 0)
    with pytest.raises(OSError, match="the disk is full"):
        put(str(file), b"two")
    assert file.read_bytes().strip() == b"one"
