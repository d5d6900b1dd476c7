"""fsmv2 killed in the middle of commands, and started anew: nothing is written twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import nats
import pytest
from flow_kit import flushed, free_port, until
from raw_device import RawDevice

from fsmv2.flow import Login
from fsmv2.flow.nats.nats_client import NatsClient
from suspended_process import suspend

pytestmark = [pytest.mark.real, pytest.mark.thorough]

SUBJECT = "cmd.v1.acme.filler._write.value"
PASSWORD = "only-for-the-lab"  # noqa: S105  (of this test)
DOCUMENT = """\
agent: {{name: edge, location: {{enterprise: acme}}}}
broker: {{embedded: true, port: {port}, mqtt_port: {mqtt_port}, users: {{hmi: {password}}}}}
bridges:
  - name: filler
    location: {{site: filler}}
    connection: {{host: 127.0.0.1, port: {device}}}
    write:
      input: {{commands: {{max_age: {max_age}}}}}
      output:
        modbus:
          address: "127.0.0.1:{device}"
          timeout: 1s
          registers: [{{name: value, address: 1, type: uint16}}]
"""


class Started:
    """`fsmv2 run` of one bridge to a device of bytes."""

    def __init__(self, folder: Path, device: RawDevice, *, max_age: str = "5s") -> None:
        self.folder, self.device = folder, device
        self.port, self.mqtt_port = free_port(), free_port()
        self.url = f"nats://hmi:{PASSWORD}@127.0.0.1:{self.port}"
        (folder / "plant.yaml").write_text(
            DOCUMENT.format(
                password=PASSWORD,
                port=self.port,
                mqtt_port=self.mqtt_port,
                device=device.port,
                max_age=max_age,
            )
        )

    @contextlib.contextmanager
    def running(self, *, kill: bool, broker: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        """A process of it; killed at the end, perhaps with its broker, or stopped in order."""
        command = [sys.executable, "-m", "fsmv2.cli", "run", str(self.folder / "plant.yaml")]
        with (self.folder / "output").open("ab") as output:
            run = subprocess.Popen(
                [*command, "--state-dir", str(self.folder / "state")], stdout=output, stderr=output
            )
        try:
            yield run
        finally:
            if broker:
                record = msgspec.json.decode(
                    (self.folder / "state/broker/broker.json").read_bytes()
                )
                os.kill(record["pid"], signal.SIGKILL)
            if kill:
                run.kill()
            else:
                run.terminate()
            run.wait(30)

    async def ask(self, value: int, **more: Any) -> dict[str, Any]:
        """The answer to a command, sent again until there is one."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + 40
        while True:
            assert loop.time() < limit, f"nobody answers: {(self.folder / 'output').read_text()}"
            # Not a plain client: whose server is killed while it connects leaves its socket open.
            client = NatsClient(self.url, Login())
            try:
                await client.connect()
                payload = msgspec.json.encode({"value": value, **more})
                message = await client.nats.request(SUBJECT, payload, timeout=3)
                return dict(msgspec.json.decode(message.data))
            except (OSError, nats.errors.Error):
                await asyncio.sleep(0.1)
            finally:
                await client.close()

    async def until_written(self, value: int) -> None:
        """Until a command without an id is executed; one that is refused was not written."""
        while (answer := await self.ask(value))["outcome"] != "written":
            assert answer["outcome"] == "refused", answer
            await asyncio.sleep(0.1)

    @property
    def written(self) -> Counter[int]:
        """How often the device got which value."""
        writes = [pdu for _, _, pdu in self.device.requests if pdu[0] in (6, 16)]
        return Counter(struct.unpack(">H", pdu[-2:])[0] for pdu in writes)


@pytest.mark.parametrize("broker", [False, True], ids=["alone", "with the broker"])
async def test_h78_killed_in_the_middle_of_a_command_it_is_unknown_and_never_written_again(
    tmp_path: Path, broker: bool
) -> None:
    """Its id is remembered, and known also before a flow runs again; a retained one is not read."""
    async with RawDevice().running() as device:
        it = Started(tmp_path, device)
        with it.running(kill=True, broker=broker):
            await it.until_written(1)
            async with aiomqtt.Client(
                "127.0.0.1", it.mqtt_port, username="hmi", password=PASSWORD
            ) as mqtt:
                await mqtt.publish(SUBJECT.replace(".", "/"), b"99", qos=1, retain=True)
            await until(lambda: it.written[99])
            device.silent = {1}
            asked = asyncio.create_task(it.ask(50, id="a"))
            await until(lambda: it.written[50])
        device.silent = set()
        with it.running(kill=False):
            answer = await asked if asked.done() else await it.ask(50, id="a")
            assert (answer["outcome"], answer["duplicate"]) == ("unknown", True)
            await it.until_written(2)
            answer = await it.ask(50, id="a")
            assert (answer["outcome"], answer["duplicate"]) == ("unknown", True)
            await asked
        assert it.written == {1: 1, 99: 1, 50: 1, 2: 1}


async def test_h77_what_waited_while_fsmv2_was_stopped_is_not_written_when_it_goes_on(
    tmp_path: Path,
) -> None:
    """Accepted before, behind a device that hangs, or come meanwhile: all of it is too old."""
    async with RawDevice().running() as device:
        it = Started(tmp_path, device, max_age="2s")
        with it.running(kill=False) as run:
            await it.until_written(1)
            client = await nats.connect(it.url)

            async def ask(value: int) -> tuple[str, str]:
                message = await client.request(SUBJECT, b"%d" % value, timeout=20)
                answer = msgspec.json.decode(message.data)
                return answer["outcome"], answer["reason"]

            device.silent = {1}
            asked = [asyncio.create_task(ask(50))]
            await until(lambda: it.written[50])
            asked += [asyncio.create_task(ask(60 + n)) for n in range(5)]
            await flushed(client)
            await asyncio.sleep(0.2)  # they are accepted; one that is not comes to the same
            await asyncio.to_thread(suspend, run.pid)
            try:
                device.silent = set()
                asked += [asyncio.create_task(ask(70 + n)) for n in range(5)]
                await asyncio.sleep(2.5)
            finally:
                run.send_signal(signal.SIGCONT)
            under_way, *others = await asyncio.gather(*asked)
            assert under_way[0] == "unknown"
            for outcome, reason in others:
                assert (outcome, "more than the 2 s allowed" in reason) == ("refused", True), reason
            await it.until_written(2)
            await client.close()
        assert it.written == {1: 1, 50: 1, 2: 1}


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("broker", [False, True], ids=["alone", "with the broker"])
async def test_h78_killed_at_any_moment_no_command_with_an_id_is_written_twice(
    tmp_path: Path, broker: bool
) -> None:
    """Each is sent until it is answered for good, through ten deaths."""
    drawn = random.Random(1)
    async with RawDevice().running() as device:
        it = Started(tmp_path, device)
        outcomes: dict[int, str] = {}
        for death in range(10):
            numbers = range(1000 + 20 * death, 1020 + 20 * death)
            with it.running(kill=True, broker=broker):
                await it.until_written(1)
                tasks = []
                for number in numbers:
                    tasks.append(asyncio.create_task(_until_final(it, number)))
                    await asyncio.sleep(drawn.random() * 0.01)
                await asyncio.sleep(drawn.random() * 0.05)
            with it.running(kill=True, broker=broker):
                for number, task in zip(numbers, tasks, strict=True):
                    outcomes[number] = await task
        assert set(outcomes.values()) <= {"written", "unknown"}
        for number, outcome in outcomes.items():
            assert it.written[number] in ((1,) if outcome == "written" else (0, 1))
        with it.running(kill=False):
            await it.until_written(2)


async def _until_final(it: Started, number: int) -> str:
    while True:
        answer = await it.ask(number, id=f"id-{number}")
        if answer["outcome"] not in ("refused", "failed"):
            return str(answer["outcome"])
        await asyncio.sleep(0.1)
