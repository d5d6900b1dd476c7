"""A stop that is given up, as by a second signal: the process is killed, not left to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from process_kit import becomes, config_of, lives, until

from fsmv2.builtin.process import Ready
from fsmv2.builtin.process.kill_remaining import kill_left
from fsmv2.builtin.process.lifecycle import current_record, start, stop

pytestmark = pytest.mark.real

DEAF = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 600; done")


async def test_a_forced_end_kills_what_does_not_heed_its_signal(
    running: Callable[..., Any],
) -> None:
    async with running(*DEAF, ready=Ready(line="up"), grace=60) as tree:
        pid = (await until(tree, "running")).observed.pid
        stopping = asyncio.ensure_future(tree.stop())
        await tree.until(lambda t: t["p"].action != "", timeout=30)
        tree.force()
        await stopping
    await becomes(lambda: not lives(pid))


async def test_one_that_is_given_up_before_it_looked_kills_too(tmp_path: Path) -> None:
    config = config_of(tmp_path, *DEAF, grace=60)
    await start(config)
    record = current_record(config)
    assert record is not None
    stopping = asyncio.ensure_future(stop(config))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    await becomes(lambda: not lives(record.pid))
    await stop(config)


async def test_what_a_forced_end_left_is_killed_unless_it_is_only_watched(tmp_path: Path) -> None:
    config = config_of(tmp_path, *DEAF, grace=0.1)
    await start(config)
    record = current_record(config)
    assert record is not None
    directory = str(tmp_path / "state")
    assert kill_left(directory, ["p"]) == ()
    assert lives(record.pid)
    assert kill_left(directory, []) == (f"p (pid {record.pid})",)
    await becomes(lambda: not lives(record.pid))
    assert kill_left(directory, []) == ()
    await stop(config)
