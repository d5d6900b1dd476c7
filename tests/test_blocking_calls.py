"""The audit hook finds what blocks a loop, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import blocking_calls
from fsmv2.cli import document_session
from fsmv2.cli.app import app
from fsmv2.flow.nats.login import read_credentials
from fsmv2.host.in_thread import in_thread
from fsmv2.operate import PreparedTree
from fsmv2.runtime.loop_thread import LoopThread

DOCUMENT = """\
agent: {name: edge}
processes:
  sleeps: {command: [sleep, "100"], files: {a.txt: "x"}}
"""


def _synced(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


async def _found_of(file: Path, *, in_a_thread: bool = False) -> list[str]:
    thread = LoopThread("fsmv2-tried")
    thread.start()

    async def read() -> None:
        if in_a_thread:
            await in_thread(lambda: read_credentials(file))
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
    assert "flow/nats/login.py:read_credentials" in found


async def test_one_opened_in_a_thread_beside_it_is_not(tmp_path: Path) -> None:
    assert await _found_of(tmp_path / "login", in_a_thread=True) == []


async def test_what_the_kernel_answers_at_once_blocks_nothing() -> None:
    assert await _found_of(Path("/proc/self/status")) == []


async def test_a_place_on_the_list_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(blocking_calls.ALLOWED, "flow/nats/login.py:read_credentials", "a test")
    assert await _found_of(tmp_path / "login") == []


@pytest.mark.parametrize("look", [Path.exists, Path.resolve, Path.lstat, os.statvfs, _synced])
async def test_what_has_no_event_is_found_too(
    look: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    thread = LoopThread("fsmv2-tried")
    thread.start()

    monkeypatch.setattr(blocking_calls, "AUTHORS", ())
    monkeypatch.setattr(blocking_calls, "SOURCE", str(Path(__file__).parent) + "/")
    try:
        await thread.call(lambda: look(tmp_path / "file"))
        assert blocking_calls.found
    finally:
        blocking_calls.found.clear()
        await thread.stop()


@pytest.mark.real
@pytest.mark.parametrize("opens", [False, True])
def test_the_loop_of_the_command_line_is_watched(
    opens: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plant.yaml").write_text(DOCUMENT)
    if opens:
        plain = document_session.run_started

        def run_started(prepared: PreparedTree) -> Any:
            read_credentials(tmp_path / "login")
            return plain(prepared)

        monkeypatch.setattr(document_session, "run_started", run_started)
    arguments = ["run", str(tmp_path / "plant.yaml"), "--for", "1s"]
    CliRunner().invoke(app, [*arguments, "--state-dir", str(tmp_path / "state")])
    found = list(blocking_calls.found)
    blocking_calls.found.clear()
    assert [one for one in found if "read_credentials" not in one] == []
    assert bool(found) is opens
