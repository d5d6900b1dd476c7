"""A lock that is waited for on an event loop."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from fsmv2.errors import PermanentError, TemporaryError
from fsmv2.host.awaited_lock import locked
from fsmv2.host.flock import open_locked


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_lock_that_is_waited_for_is_handed_on_as_a_descriptor(tmp_path: Path) -> None:
    file = tmp_path / "made" / "lock"
    async with locked(file, lambda: "nobody") as descriptor:
        assert os.readlink(f"/proc/self/fd/{descriptor}") == str(file)
        assert (mode(file), mode(file.parent)) == (0o600, 0o700)
        with pytest.raises(TemporaryError, match=r"^somebody is at it\.$"):
            async with locked(file, lambda: "somebody is at it.", within=0.05):
                pass
    async with locked(file, lambda: "it was not given back"):
        pass


async def test_it_is_had_once_the_other_lets_go_of_it(tmp_path: Path) -> None:
    held = open_locked(tmp_path / "lock")
    asyncio.get_running_loop().call_later(0.1, os.close, held)
    async with locked(tmp_path / "lock", lambda: "it was not waited for", within=10):
        pass


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PermanentError, match=r"file/in cannot be created: not a directory"):
        async with locked(tmp_path / "file" / "in" / "lock", lambda: ""):
            pass
