"""Who may not read a place learns whose it is, and how to ask as that user."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fsmv2.host.place_owner import forbidden
from other_user import as_nobody


def test_what_may_be_read_is_forbidden_to_nobody(tmp_path: Path) -> None:
    assert forbidden(tmp_path) is None
    assert forbidden(tmp_path / "missing") is None


def test_the_outermost_place_that_keeps_this_user_out_is_named() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        inner = Path(name, "state", "journal")
        inner.mkdir(parents=True)
        with as_nobody():
            found = forbidden(inner)
    assert found is not None
    assert found.why == f"permission denied. {name} belongs to the user root, and this is nobody"
    assert found.fix == "Run the command as root: `sudo -u root fsmv2 ...`."


def test_ones_own_is_repaired_by_its_mode() -> None:
    with as_nobody(), tempfile.TemporaryDirectory(dir="/tmp") as name:
        (file := Path(name, "store.db")).touch()
        file.chmod(0)
        found = forbidden(file)
    assert found is not None
    assert found.why == f"permission denied at {file}, its mode is 000"
    assert found.fix == f"chmod u+rw {file}"
