"""A signal to a process of a running tree: sent to exactly that one, recorded, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from signal import Signals
from typing import Any

import pytest

from fsmv2.builtin.process.process_record import read_record
from fsmv2.core import Report
from fsmv2.errors import RequestRefusedError, TreeStoppingError
from fsmv2.host.signal_delivery import deliver
from fsmv2.operate import TreeHandle, open_tree, process_signal
from fsmv2.operate.request_types import Signal

PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGHUP, lambda *_: open(sys.argv[1], "a").write(f"{os.getpid()}\\n"))
print("ready", flush=True)
while True:
    signal.pause()
"""


def document(folder: Path) -> Path:
    reads = [sys.executable, "-c", PROGRAM, str(folder / "heard")]
    file = folder / "plant.yaml"
    file.write_text(
        f"""
agent: {{name: edge}}
broker: {{url: "nats://127.0.0.1:1"}}
processes:
  reader:
    command: {json.dumps(reads)}
    ready: {{line: ready}}
  deaf:
    command: [sleep, "1000"]
  watched:
    command: [sleep, "1000"]
    detect_only: true
"""
    )
    return file


@contextlib.asynccontextmanager
async def opened(folder: Path, **more: Any) -> AsyncIterator[TreeHandle]:
    async with open_tree(document(folder), state_dir=folder / "state", **more) as tree:
        await tree.until(
            lambda view: all(view[f"edge/{p}"].state == "running" for p in ("reader", "deaf")),
            timeout=200,
        )
        yield tree


async def refused(tree: TreeHandle, path: str, signal: str = "HUP") -> str:
    with pytest.raises(RequestRefusedError) as raised:
        await tree.signal(path, signal)
    return f"{raised.value} {raised.value.fix}"


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


async def becomes(file: Path, text: str) -> None:
    async with asyncio.timeout(30):
        while text_of(file) != text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_the_process_hears_it_and_it_is_recorded_with_who_and_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as tree:
        pid = (await tree.view())["edge/reader"].observed.pid
        answer = await tree.signal("edge/reader", "sighup", reason="new limits", who="anna")
        assert answer.text == f"edge/reader (pid {pid}) was sent HUP"
        await becomes(tmp_path / "heard", f"{pid}\n")
        async with asyncio.timeout(30):
            while True:
                texts = [one.event.text for one in await tree.events(path="edge/reader")]
                if f"signal HUP was sent to pid {pid}" in texts:
                    break
                await asyncio.sleep(0.05)
        assert "signal HUP requested by anna: new limits" in texts
        assert (await tree.view())["edge/reader"].incarnation == 1


async def test_only_a_process_that_runs_and_handles_it_is_sent_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as tree:
        said = await refused(tree, "edge")
        assert "edge is not a process but of type 'agent'" in said
        assert "edge/deaf, edge/reader" in said
        assert "edge/broker is not a process" in await refused(tree, "edge/broker")
        assert "(sleep) does not handle HUP, which would end it" in await refused(tree, "edge/deaf")
        assert "fsmv2 restart PATH" in await refused(tree, "edge/reader", "KILL")
        assert "detect only" in await refused(tree, "edge/watched")
        await tree.pause("edge/reader", reason="hands in it")
        assert "hands in it. Resume it first" in await refused(tree, "edge/reader")
        await tree.resume("edge/reader")
        await tree.stop_path("edge/reader", reason="no power", wait=20)
        assert "no power. Start it first" in await refused(tree, "edge/reader")
        assert not (tmp_path / "heard").exists()


async def test_a_dry_run_sends_and_records_nothing(tmp_path: Path) -> None:
    reports: list[Report] = []
    async with opened(tmp_path, listener=reports.append) as tree:
        answer = await tree.ask(Signal(path="edge/reader", signal="HUP"), dry_run=True)
        assert answer.text == "edge/reader is sent HUP"
        await tree.signal("edge/reader", "HUP")
        pid = (await tree.view())["edge/reader"].observed.pid
        await becomes(tmp_path / "heard", f"{pid}\n")
        assert sum("signal HUP requested" in report.text for report in reports) == 1
        with pytest.raises(RequestRefusedError):
            await tree.ask(Signal(path="edge/deaf", signal="HUP"), dry_run=True)


async def test_one_that_ends_before_it_is_sent_is_told_of_and_nobody_else_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[Report] = []
    real, asked = process_signal.send_signal, []

    def as_if_replaced(directory: str, number: Signals, *, dry_run: bool = False) -> Any:
        asked.append(dry_run)
        if not dry_run:  # as if the kernel had given its pid to a later process meanwhile
            record = read_record(directory)
            assert record is not None
            return record.pid, deliver(record.process._replace(start_time=1), number)
        return real(directory, number, dry_run=dry_run)

    async with opened(tmp_path, listener=reports.append) as tree:
        monkeypatch.setattr(process_signal, "send_signal", as_if_replaced)
        assert "has ended" in await refused(tree, "edge/reader")
        assert asked == [True, False]
        await tree.until(
            lambda _: any("signal HUP was not sent: pid" in report.text for report in reports),
            timeout=200,
        )
        assert not (tmp_path / "heard").exists()


async def test_a_tree_that_stops_sends_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as tree:
        await tree.stop(who="test")
        with pytest.raises(TreeStoppingError):
            await tree.signal("edge/reader", "HUP")
