"""Which process has a file open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fsmv2.host.open_files import command_name, open_link, open_links, opened_by, opener_of

NO_PROCESS = 2**22 + 1
"""More than the kernel gives."""


def test_what_a_process_has_open_is_found_by_its_path(tmp_path: Path) -> None:
    file, pid = tmp_path / "open", os.getpid()
    with file.open("w") as opened:
        assert open_link(pid, opened.fileno()) == str(file)
        assert str(file) in open_links(pid)
        assert opener_of({str(file), "/none"}) == f"pid {pid} ({command_name(pid)})"
        assert opened_by(file) == "", "it is about other processes"
    assert opener_of({str(file)}) == ""


def test_of_a_process_that_is_not_there_nothing_is_known() -> None:
    assert list(open_links(NO_PROCESS)) == []
    assert open_link(NO_PROCESS, 0) == ""
    with pytest.raises(FileNotFoundError):
        command_name(NO_PROCESS)
