"""The end of a file that may be long."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.host.file_tail import tail


@pytest.mark.parametrize(
    ("limit", "found"), [(3, b"789"), (10, b"0123456789"), (99, b"0123456789")]
)
def test_the_last_bytes_are_read_or_all_there_are(tmp_path: Path, limit: int, found: bytes) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"0123456789")
    assert tail(file, limit) == found


def test_what_cannot_be_read_has_no_end(tmp_path: Path) -> None:
    assert tail(tmp_path / "none") == b""
    assert tail(tmp_path) == b""
