"""A folder is removed whole, whatever is written into it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from removed_folder import remove_folder


def test_what_is_written_while_a_folder_is_removed_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    (folder / "p").mkdir(parents=True)
    rmdir, written = os.rmdir, []

    def late(path: Any, **options: Any) -> None:
        if not written:
            written.append(folder / "p/output.log")
            written[0].write_text("hello")
        rmdir(path, **options)

    monkeypatch.setattr(os, "rmdir", late)
    remove_folder(folder)
    assert written
    assert not folder.exists()


def test_a_folder_that_cannot_be_removed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()

    def refuse(path: Any, **options: Any) -> None:
        raise PermissionError(13, "not allowed", path)

    monkeypatch.setattr(os, "rmdir", refuse)
    with pytest.raises(PermissionError):
        remove_folder(tmp_path / "state")
