"""The audit hook finds what blocks a loop, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import blocking_calls
from fsmv2.builtin.on_disk import on_disk
from fsmv2.flow.uns.login import read_credentials
from fsmv2.runtime.threads import LoopThread


async def _found_of(file: Path, *, in_a_thread: bool = False) -> list[str]:
    thread = LoopThread("fsmv2-tried")
    thread.start()

    async def read() -> None:
        if in_a_thread:
            await on_disk(lambda: read_credentials(file))
        else:
            read_credentials(file)

    try:
        await thread.run(read())
        return list(blocking_calls.found)
    finally:
        blocking_calls.found.clear()
        await thread.stop()


async def test_a_file_opened_on_a_loop_is_found(tmp_path: Path) -> None:
    (found,) = await _found_of(tmp_path / "login")
    assert "flow/uns/login.py:read_credentials" in found


async def test_one_opened_in_a_thread_beside_it_is_not(tmp_path: Path) -> None:
    assert await _found_of(tmp_path / "login", in_a_thread=True) == []


async def test_what_the_kernel_answers_at_once_blocks_nothing() -> None:
    assert await _found_of(Path("/proc/self/status")) == []


async def test_a_place_on_the_list_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(blocking_calls.ALLOWED, "flow/uns/login.py:read_credentials", "a test")
    assert await _found_of(tmp_path / "login") == []
