"""Pauses that come and go quickly while commands arrive: what was sent in one stays unwritten."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import nats
import pytest
from flow_kit import broker, flushed, until, url_of
from raw_device import RawDevice

from fsmv2 import ChildSpec, Runtime
from fsmv2.builtin import builtins
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.flow import CommandInput, ModbusOutput, WriteRegister

pytestmark = pytest.mark.real

SUBJECT = "cmd.v1.acme._write"
CYCLES = 100


class Sender:
    """Sends numbered values without an end, in a thread of its own, and keeps the answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: dict[int, float] = {}
        """When each was handed to its client, just before."""
        self.answers: dict[int, list[dict[str, Any]]] = {}
        self.ready, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()

    def end(self) -> None:
        """Send no more, and wait for what is still to be answered."""
        self._over.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        client = await nats.connect(self.url)

        async def hear(message: Any) -> None:
            number = int(message.subject.rpartition(".")[2])
            self.answers.setdefault(number, []).append(msgspec.json.decode(message.data))

        await client.subscribe("answers.*", cb=hear)
        await flushed(client)
        number = 0
        while not self._over.is_set():
            number += 1
            self.sent[number] = time.monotonic()
            await client.publish(f"{SUBJECT}.value", b"%d" % number, reply=f"answers.{number}")
            await flushed(client)
            if not number % 10:
                self.ready.set()
                await asyncio.sleep(0.005)
        await until(lambda: len(self.answers) == number)
        await client.close()


@contextlib.contextmanager
def device_of_its_own() -> Iterator[RawDevice]:
    """A device that answers whatever this thread does."""
    device, begun = RawDevice(), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with device.running():
            begun.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert begun.wait(10)
    try:
        yield device
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def written(device: RawDevice) -> list[int]:
    """The values that were written to the device, in order, as it received them."""
    return [struct.unpack(">H", pdu[-2:])[0] for _, _, pdu in device.requests if pdu[0] in (6, 16)]


async def test_h76_a_hundred_quick_pauses_let_no_command_through(tmp_path: Path) -> None:
    """Each is answered once, written or refused, and the device got just those that were written.

    What is sent after `pause()` has returned, also while supervision is busy with other things,
    and answered before `resume()`, is refused. What was on its way then is judged when it arrives.
    """
    drawn = random.Random(1)
    with device_of_its_own() as device:
        async with broker(tmp_path) as server, builtins() as kit:
            spec = DataFlowSpec(
                input=CommandInput(url=url_of(server), subject=SUBJECT, queue=1000),
                output=ModbusOutput(
                    address=f"127.0.0.1:{device.port}",
                    registers=(WriteRegister(name="value", address=1, type="uint16"),),
                ),
            )
            async with Runtime(ChildSpec("write", "dataflow", spec), kit.factory) as tree:
                await tree.until(lambda t: t["write"].state in ("active", "idle"), timeout=200)
                sender = Sender(url_of(server))
                await until(sender.ready.is_set)
                in_a_pause: set[int] = set()
                loop = tree.supervision._loop
                for cycle in range(CYCLES):
                    loop.call_soon_threadsafe(time.sleep, drawn.random() * 0.01)
                    tree.pause("write", reason=f"cycle {cycle}", who="anna")
                    paused = time.monotonic()
                    await asyncio.sleep(drawn.random() * 0.01)
                    answered = set(sender.answers)
                    tree.resume("write", who="anna")
                    in_a_pause |= {
                        n for n, at in list(sender.sent.items()) if at > paused
                    } & answered
                    await asyncio.sleep(drawn.random() * 0.01)
                await asyncio.to_thread(sender.end)
                for number, answers in sender.answers.items():
                    assert len(answers) == 1, (number, answers)
                outcome = {
                    number: answers[0]["outcome"] for number, answers in sender.answers.items()
                }
                assert outcome.keys() == sender.sent.keys()
                assert set(outcome.values()) == {"written", "refused"}
                assert len(in_a_pause) > CYCLES // 4  # a busy machine sends fewer
                assert {outcome[number] for number in in_a_pause} == {"refused"}
                assert sorted(written(device)) == [
                    n for n, it in outcome.items() if it == "written"
                ]
                reasons = {answers[0]["reason"] for answers in sender.answers.values()} - {""}
                assert all("anna: cycle" in reason for reason in reasons), reasons
