"""Write flows between real servers: what is asked for arrives once, in time, and is answered."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import nats
import pytest
from flow_kit import (
    Simulator,
    broker,
    flow,
    flushed,
    free_port,
    shown,
    simulated_plc,
    until,
    url_of,
)

from broker_url import connect_url
from fsmv2 import FlowError
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start
from fsmv2.flow import (
    AsyncioEngine,
    CommandInput,
    FlowStats,
    ModbusInput,
    ModbusOutput,
    Register,
    WriteConfig,
    WriteRegister,
    WriteStats,
)
from fsmv2.flow.inputs.modbus.reader import ModbusReader

pytestmark = pytest.mark.real

NAME = "plant/filler/dfc_write"
SUBJECT = "cmd.v1.acme.cologne._write"
TAGS = (
    WriteRegister(name="setpoint", address=14, type="int16", scale=0.1, min=0, max=80),
    WriteRegister(name="limit", address=15, type="uint16", virtual_path="drive", read_back=True),
    WriteRegister(name="lamp", address=5, kind="coil", type="bool", read_back=True),
    WriteRegister(name="speed", address=5, type="uint16", read_back=True),
    WriteRegister(name="nowhere", address=400, type="uint16"),
    WriteRegister(name="label", address=12, type="string", length=2),
)
"""The simulator moves `speed` by itself, and has no address 400."""


def writing(
    plc: int, server: BrokerConfig | int, *, timeout: float = 0.5, **limits: Any
) -> WriteConfig:
    """A write flow from the broker to the simulator."""
    return WriteConfig(
        name=NAME,
        input=CommandInput(url=url_of(server), subject=SUBJECT, **limits),
        output=ModbusOutput(address=f"127.0.0.1:{plc}", timeout=timeout, registers=TAGS),
    )


def allowed() -> str:
    """Nothing speaks against a write."""
    return ""


class Rig:
    """A write flow between a real broker and a real device, and somebody who sends."""

    def __init__(self, server: BrokerConfig, plc: Simulator, engine: AsyncioEngine) -> None:
        self.server, self.plc, self.engine = server, plc, engine
        self.client: Any = None

    @property
    def stats(self) -> FlowStats:
        """The figures of the flow."""
        stats = self.engine.stats(NAME)
        assert stats is not None
        return stats

    @property
    def writes(self) -> WriteStats:
        """What became of its commands."""
        assert self.stats.writes is not None
        return self.stats.writes

    async def ready(self) -> None:
        """Until both ends are connected, and so is the sender."""
        await until(lambda: self.stats.input_connected and self.stats.output_connected)
        if self.client is None or not self.client.is_connected:
            self.client = await nats.connect(connect_url(self.server))

    async def ask(self, tag: str, value: Any, *, timeout: float = 10.0, **more: Any) -> Any:
        """NATS request and its answer."""
        payload = {"value": value, **more} if more else value
        data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        message = await self.client.request(f"{SUBJECT}.{tag}", data, timeout=timeout)
        return msgspec.json.decode(message.data)

    async def holds(self, *registers: Register) -> dict[str, Any]:
        """What the device itself says it holds."""
        reader = ModbusReader(
            ModbusInput(address=f"127.0.0.1:{self.plc.port}", registers=registers)
        )
        reading = await reader.read()
        reader.close()
        return {register.name: value for register, value in reading.values}


SETPOINT = Register(name="setpoint", address=14, type="int16", scale=0.1)
LIMIT = Register(name="limit", address=15)
LAMP = Register(name="lamp", address=5, kind="coil", type="bool")


@contextlib.asynccontextmanager
async def rig(folder: Path, **limits: Any) -> AsyncIterator[Rig]:
    """All of it, running and connected."""
    async with broker(folder) as server:
        engine = AsyncioEngine()
        with simulated_plc() as plc:
            it = Rig(server, plc, engine)
            await engine.start(writing(plc.port, server, **limits), allowed)
            await it.ready()
            try:
                yield it
            finally:
                if it.client is not None:
                    with contextlib.suppress(Exception):
                        await it.client.close()
                await engine.aclose()


async def test_a_request_writes_the_register_and_is_answered_when_the_device_confirmed(
    tmp_path: Path,
) -> None:
    """Scaled back, rounded to the step, read back where that is asked for, each answered once."""
    async with rig(tmp_path) as it:
        answer = await it.ask("setpoint", 23.44)
        assert answer | {"timestamp_ms": 0} == {
            "ok": True,
            "outcome": "written",
            "reason": "",
            "tag": "setpoint",
            "value": 23.4,
            "timestamp_ms": 0,
        }
        assert (await it.ask("drive.limit", 700, timestamp_ms=time.time() * 1000))["ok"]
        assert (await it.ask("lamp", True))["ok"]
        assert await it.holds(SETPOINT, LIMIT, LAMP) == {
            "setpoint": 23.4,
            "limit": 700,
            "lamp": True,
        }
        assert it.writes.written_total == 3
        answer = await it.ask("speed", 7)
        assert answer["outcome"] == "failed"
        assert answer["reason"].startswith("the device confirmed, but now holds 1")
        assert it.writes.failed_total == 1
        assert it.writes.failing == it.writes.last_error == f"speed: {answer['reason']}"
        answer = await it.ask("nowhere", 7)
        assert (answer["outcome"], answer["reason"]) == (
            "failed",
            "no such address on the device (illegal data address)",
        )
        assert (await it.ask("setpoint", 1))["ok"]
        assert it.writes.failing == ""
        assert it.writes.last_error.startswith("nowhere: ")


async def test_every_refusal_has_its_reason_and_touches_no_register(tmp_path: Path) -> None:
    """Refused, counted, and answered in words."""
    now = time.time() * 1000
    async with rig(tmp_path) as it:
        assert (await it.ask("setpoint", 10))["ok"]
        cases: list[tuple[str, Any, dict[str, Any], str]] = [
            ("setpoint", 80.1, {}, "above the maximum, 80"),
            ("setpoint", -0.1, {}, "below the minimum, 0"),
            ("setpoint", "12", {}, 'takes a number, not "12"'),
            ("setpoint", b"NaN", {}, "the payload is not JSON"),
            ("setpoint", b'{"valeu": 1}', {}, "did you mean 'value'?"),
            ("drive.limit", 65536, {}, "outside the range of drive.limit (uint16): 0 to 65535"),
            ("drive.limit", 10**30, {}, "outside the range of drive.limit (uint16): 0 to 65535"),
            ("lamp", 1, {}, "it takes true or false, not 1"),
            ("label", "12345", {}, "the text has 5 bytes, label has room for 4"),
            ("setpiont", 1, {}, "there is no tag 'setpiont' that may be written. Did you mean"),
            ("setpoint", 1, {"timestamp_ms": now - 60_000}, "s old, more than the 5 s allowed"),
            ("setpoint", 1, {"timestamp_ms": now + 60_000}, "in the future, more than the 2 s"),
            ("setpoint", 1, {"timestamp_ms": 1790000000}, "not Unix time in milliseconds"),
        ]
        for tag, value, more, reason in cases:
            answer = await it.ask(tag, value, **more)
            assert answer["ok"] is False
            assert answer["outcome"] == "refused"
            assert reason in answer["reason"], answer
            assert answer["tag"] == tag
            assert answer["value"] == (None if isinstance(value, bytes) else value) or (
                more.get("timestamp_ms") == 1790000000
            )
        assert it.writes.refused_total == len(cases)
        assert it.writes.written_total == 1
        assert it.writes.failing == "", "a sender's mistake is no trouble of the flow"
        assert await it.holds(SETPOINT) == {"setpoint": 10.0}


async def test_over_mqtt_a_value_arrives_and_the_answer_stands_below_the_topic(
    tmp_path: Path,
) -> None:
    """QoS 0 and 1; a sender of MQTT 3.1.1 has no reply subject, so the topic has one."""
    topic = SUBJECT.replace(".", "/")
    async with (
        rig(tmp_path) as it,
        aiomqtt.Client(
            "127.0.0.1",
            it.server.mqtt_port,
            protocol=aiomqtt.ProtocolVersion.V311,
            **shown(it.server),
        ) as client,
    ):
        await client.subscribe(f"{topic}/+/reply", qos=1)
        await client.publish(f"{topic}/setpoint", b"42", qos=1)
        await client.publish(f"{topic}/lamp", b'{"value": true, "id": "me-1"}', qos=0)
        await client.publish(f"{topic}/setpoint", b"420", qos=1, retain=True)
        answers = {}
        async for message in client.messages:
            answer = msgspec.json.decode(bytes(message.payload))
            answers[str(message.topic), answer["outcome"]] = answer
            if len(answers) == 3:
                break
        assert answers[f"{topic}/setpoint/reply", "written"]["value"] == 42.0
        assert answers[f"{topic}/lamp/reply", "written"]["id"] == "me-1"
        assert "above the maximum" in answers[f"{topic}/setpoint/reply", "refused"]["reason"]
        assert await it.holds(SETPOINT, LAMP) == {"setpoint": 42.0, "lamp": True}
        assert it.writes.written_total == 2
        assert it.writes.refused_total == 1, "an answer is no command"


async def test_a_command_with_a_known_id_is_not_executed_twice(tmp_path: Path) -> None:
    """Its sender hears what became of it; also after the flow was given another config."""
    async with rig(tmp_path) as it:
        first = await it.ask("setpoint", 5, id="a")
        assert (await it.ask("setpoint", 6, id="b"))["ok"]
        again = await it.ask("setpoint", 5, id="a")
        assert again == {**first, "duplicate": True}
        assert await it.holds(SETPOINT) == {"setpoint": 6.0}
        other = await it.ask("setpoint", 7, id="a")
        assert other["outcome"] == "refused"
        assert "was used for another value" in other["reason"]
        await it.engine.start(writing(it.plc.port, it.server, queue=50), allowed)
        await it.ready()
        again = await it.ask("setpoint", 5, id="a")
        assert again == {**first, "duplicate": True}
        assert it.writes.written_total == 0
        assert it.writes.duplicates_total == 1
        assert (await it.ask("nowhere", 1, id="n"))["outcome"] == "failed"
        assert "duplicate" not in await it.ask("nowhere", 1, id="n"), "it may be tried again"


async def test_an_answer_that_never_came_is_unknown_and_nothing_is_tried_again(
    tmp_path: Path,
) -> None:
    """A device that hangs; what waits behind it is refused when its time is over or room is out."""
    async with rig(tmp_path, max_age=3.0, queue=2) as it:
        assert (await it.ask("setpoint", 1))["ok"]
        it.plc.suspend()
        asked = [asyncio.create_task(it.ask("setpoint", 2, id="x"))]
        await until(lambda: it.stats.queue_depth == 0 and it.client.stats["out_msgs"] >= 2)
        await flushed(it.client)
        asked += [asyncio.create_task(it.ask("setpoint", 3 + n)) for n in range(6)]
        answers = await asyncio.gather(*asked)
        assert answers[0]["outcome"] == "unknown"
        assert "whether it was written is unknown" in answers[0]["reason"]
        full = [a for a in answers[1:] if "writes are waiting already" in a["reason"]]
        assert full
        assert not [a for a in answers if a["ok"]]
        assert (await it.ask("setpoint", 2, id="x"))["duplicate"] is True
        it.plc.end(signal.SIGKILL)
        await until(lambda: not it.stats.output_connected)
        answer = await it.ask("setpoint", 9)
        assert answer["outcome"] == "failed"
        # Reset, if it was killed with the new connection in its backlog.
        assert answer["reason"].endswith(
            ("connection refused; nothing was written", "by peer; nothing was written")
        )
        assert it.writes.failing == "", "its connection tells it"
        it.plc.start()
        await until(lambda: it.stats.output_connected)
        assert await it.holds(SETPOINT) == {"setpoint": 0.0}, "nothing is replayed"
        assert (await it.ask("setpoint", 4))["ok"]


async def test_a_device_killed_in_the_middle_leaves_an_unknown_outcome(tmp_path: Path) -> None:
    """The request was sent; whether it was executed nobody knows."""
    async with rig(tmp_path) as it:
        it.plc.suspend()
        asked = asyncio.create_task(it.ask("setpoint", 2))
        await asyncio.wait([asked], timeout=0.2)
        it.plc.end(signal.SIGKILL)
        answer = await asked
        assert answer["outcome"] == "unknown", answer
        assert it.writes.unknown_total == 1
        assert it.writes.failed_total == 0
        assert it.stats.errors_total == 1
        assert it.writes.failing.startswith("setpoint: ")


async def test_after_the_brokers_death_new_commands_are_heard_and_old_ones_never(
    tmp_path: Path,
) -> None:
    """Nobody keeps a command: what nobody listened to is answered so, and not executed."""
    async with rig(tmp_path) as it:
        assert (await it.ask("setpoint", 1))["ok"]
        await it.engine.stop(NAME, drain=1.0)
        with pytest.raises(nats.errors.NoRespondersError):
            await it.ask("setpoint", 2)
        await it.client.publish(f"{SUBJECT}.setpoint", b"3")
        await flushed(it.client)
        async with aiomqtt.Client("127.0.0.1", it.server.mqtt_port, **shown(it.server)) as mqtt:
            await mqtt.publish(f"{SUBJECT}.setpoint".replace(".", "/"), b"4", qos=1, retain=True)
        await it.engine.start(writing(it.plc.port, it.server), allowed)
        await it.ready()
        record = read_record(it.server)
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        await until(lambda: not it.stats.input_connected)
        assert it.stats.input_error
        await start(it.server)
        await it.client.close()
        await it.ready()
        assert (await it.ask("lamp", True))["ok"]
        assert it.writes.written_total == 1
        assert await it.holds(SETPOINT) == {"setpoint": 1.0}


async def test_of_one_tag_the_order_is_kept_and_a_stop_refuses_what_waits(tmp_path: Path) -> None:
    """A hundred at once; the last one stands. Then a stop: the one under way ends, none begins."""
    async with rig(tmp_path, timeout=2.0) as it:
        answers = await asyncio.gather(*(it.ask("drive.limit", n) for n in range(100)))
        assert all(answer["ok"] for answer in answers)
        assert await it.holds(LIMIT) == {"limit": 99}
        it.plc.suspend()
        asked = [asyncio.create_task(it.ask("setpoint", n + 1)) for n in range(3)]
        await until(lambda: it.stats.queue_depth == 2)
        await it.engine.stop(NAME, drain=1.0)
        outcomes = [(await ask)["outcome"] for ask in asked]
        assert outcomes == ["unknown", "refused", "refused"]
        assert it.engine.stats(NAME) is None


async def test_another_config_refuses_what_waits_and_goes_on(tmp_path: Path) -> None:
    """As an apply has it: what was sent is unknown, what was not is refused, what comes is done."""
    async with rig(tmp_path, timeout=2.0) as it:
        it.plc.suspend()
        asked = [asyncio.create_task(it.ask("setpoint", n + 1)) for n in range(3)]
        await until(lambda: it.stats.queue_depth == 2)
        await it.engine.start(writing(it.plc.port, it.server, timeout=2.5), allowed)
        outcomes = [(await ask)["outcome"] for ask in asked]
        assert outcomes == ["unknown", "refused", "refused"]
        it.plc.resume()
        await it.ready()
        assert (await it.ask("setpoint", 23.4))["ok"]
        assert await it.holds(SETPOINT) == {"setpoint": 23.4}


async def test_two_flows_cannot_hear_the_same_commands(tmp_path: Path) -> None:
    """Each would refuse the other's; the second one is told who has them."""
    engine = AsyncioEngine()
    port = free_port()
    await engine.start(writing(free_port(), port), allowed)
    other = msgspec.structs.replace(writing(free_port(), port), name="plant/capper/dfc_write")
    with pytest.raises(FlowError, match=r"taken by plant/filler/dfc_write already"):
        await engine.start(other, allowed)
    await engine.aclose()


async def test_a_device_that_closes_every_connection_is_told_of_and_still_there() -> None:
    """H63: it accepts, so nothing of ours is to be restarted; it does not work, so it shows."""
    stood: list[asyncio.StreamWriter] = []
    closing = True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if closing:
            writer.close()
        else:
            stood.append(writer)

    engine = AsyncioEngine()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await engine.start(writing(port, free_port()), allowed)

        def figures() -> FlowStats:
            stats = engine.stats(NAME)
            assert stats is not None
            return stats

        await until(lambda: "the device close" in figures().output_error)
        assert figures().output_connected
        closing = False
        await until(lambda: not figures().output_error)
        assert figures().output_connected
        # The flow may have connected anew just now: a connection that `talk` takes only after this
        # loop would stand for ever, and nothing would be refused.
        closing = True
        for writer in stood:
            writer.close()
    await until(lambda: "refused" in figures().output_error)
    assert not figures().output_connected
    await engine.aclose()


async def test_what_was_executed_is_known_after_a_restart_of_the_process(tmp_path: Path) -> None:
    """A sender repeats what it heard no answer to; its id says that it is the same."""
    memory = str(tmp_path / "commands")
    async with rig(tmp_path, memory=memory) as it:
        first = await it.ask("setpoint", 21.5, id="a-1")
        assert first["outcome"] == "written"
        assert (await it.ask("setpoint", 22.5, id="a-2"))["outcome"] == "written"
        assert (await it.ask("nowhere", 1, id="b-1"))["outcome"] == "failed"
        await it.engine.aclose()
        it.engine = AsyncioEngine()  # all that the first one knew is gone with it
        await it.engine.start(writing(it.plc.port, it.server, memory=memory), allowed)
        await it.ready()
        again = await it.ask("setpoint", 21.5, id="a-1")
        assert again["duplicate"]
        assert again == {**first, "duplicate": True}
        assert (await it.holds(SETPOINT))["setpoint"] == 22.5, "not executed again"
        assert it.writes.duplicates_total == 1
        other = await it.ask("setpoint", 30, id="a-1")
        assert "was used for another value" in other["reason"]
        tried = await it.ask("nowhere", 1, id="b-1")
        assert (tried["outcome"], "duplicate" in tried) == ("failed", False), "it changed nothing"
        await it.engine.aclose()


async def test_what_cannot_be_remembered_is_not_executed(tmp_path: Path) -> None:
    """Its id asks for at most once; without an id nothing is promised, and it is executed."""
    folder = tmp_path / "commands"
    async with rig(tmp_path, memory=str(folder)) as it:
        (file,) = folder.iterdir()
        file.unlink()
        file.mkdir()
        answer = await it.ask("setpoint", 21.5, id="a-1")
        assert answer["outcome"] == "failed"
        assert "could not be kept: Is a directory; nothing was written" in answer["reason"]
        assert (await it.ask("setpoint", 23.5))["outcome"] == "written"
        file.rmdir()
        assert (await it.ask("setpoint", 21.5, id="a-1"))["outcome"] == "written"


async def test_a_memory_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = AsyncioEngine()
    with pytest.raises(FlowError, match="x: Not a directory"):
        await engine.start(writing(1, free_port(), memory=str(tmp_path / "file" / "x")), allowed)
    await engine.aclose()


async def test_h76_a_write_that_is_not_allowed_is_refused_wherever_it_has_got_to(
    tmp_path: Path,
) -> None:
    """At its arrival, in the queue, and after all that was waited for; what was sent ends."""
    reason, asked = "", 0

    def may() -> str:
        nonlocal asked
        asked += 1
        return reason

    async with rig(tmp_path) as it:
        await it.engine.start(writing(it.plc.port, it.server), may)
        assert it.engine.refusal(NAME) is may
        assert (await it.ask("setpoint", 1))["ok"]
        reason = "paused by anna"
        answer = await it.ask("setpoint", 2, id="a")
        assert (answer["outcome"], answer["reason"]) == ("refused", "paused by anna")
        reason = ""
        it.plc.suspend()
        sent = asyncio.create_task(it.ask("setpoint", 3))
        await until(lambda: it.client.stats["out_msgs"] >= 3 and it.stats.queue_depth == 0)
        asked = 0
        waits = asyncio.create_task(it.ask("setpoint", 4))
        await until(lambda: asked)
        reason = "paused by anna"
        assert (await sent)["outcome"] == "unknown", "it was on its way already"
        assert (await waits)["reason"] == "paused by anna"
        it.plc.resume()
        reason = ""
        await it.ready()
        assert (await it.ask("setpoint", 5, id="a"))["reason"] == ""


async def test_h76_right_before_it_is_sent_a_write_is_asked_for_once_more(tmp_path: Path) -> None:
    """Whatever was waited for meanwhile, such as a disk: what comes last decides."""
    looks = [""] * 3  # as it arrives, when its turn comes, when the device is connected

    def may() -> str:
        return looks.pop(0) if looks else "paused by anna"

    async with rig(tmp_path, memory=str(tmp_path / "ids")) as it:
        config = writing(it.plc.port, it.server, memory=str(tmp_path / "ids"))
        await it.engine.start(config, may)
        answer = await it.ask("setpoint", 2, id="a")
        assert (answer["outcome"], answer["reason"]) == ("refused", "paused by anna")
        assert looks == []
        assert await it.holds(SETPOINT) == {"setpoint": 0.0}
        await it.engine.start(config, allowed)
        assert (await it.ask("setpoint", 2, id="a"))["ok"], "nothing was done under this id"


async def test_h76_a_flow_that_nobody_has_allowed_to_write_refuses(tmp_path: Path) -> None:
    """Also when whoever is asked cannot say."""
    async with rig(tmp_path) as it:
        await it.engine.start(writing(it.plc.port, it.server))
        assert "are not allowed" in (await it.ask("setpoint", 2))["reason"]
        await it.engine.start(writing(it.plc.port, it.server), lambda: str(1 // 0))
        assert (
            "cannot determine whether writing is allowed" in (await it.ask("setpoint", 2))["reason"]
        )
        assert it.writes.refused_total == 2
        assert await it.holds(SETPOINT) == {"setpoint": 0.0}


async def test_h77_a_good_command_behind_a_flood_is_executed_in_time_or_refused(
    tmp_path: Path,
) -> None:
    """Every message of the flood is counted, what could be answered is, and the flow goes on."""
    async with rig(tmp_path) as it:
        flood = 20_000
        answered = asyncio.get_running_loop().create_future()

        async def hear(_message: Any) -> None:
            if not answered.done():
                answered.set_result(None)

        await it.client.subscribe("trash", cb=hear)
        for _ in range(flood):
            await it.client.publish(f"{SUBJECT}.junk", b"1", reply="trash")
        refused = flood
        try:
            answer = await it.ask("setpoint", 7, id="good", timeout=20.0)
        except TimeoutError:  # there was no room for its answer among those to the flood
            answer = await it.ask("setpoint", 7, id="good", timeout=60.0)
            refused += "duplicate" not in answer  # what was refused is not remembered
        written = answer["outcome"] == "written"
        assert written or "it waited for" in answer["reason"]
        assert await it.holds(SETPOINT) == {"setpoint": 7.0 if written else 0.0}
        assert it.writes.refused_total == refused + (not written)
        await asyncio.wait_for(answered, 10)
        assert (await it.ask("setpoint", 8))["ok"]


async def heard(it: Rig, value: Any, **more: Any) -> Any:
    """The answer to a command, once somebody listens."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + 10
    while True:
        try:
            return await it.ask("setpoint", value, **more)
        except nats.errors.NoRespondersError:
            assert loop.time() < limit, "nobody listens"
            await asyncio.sleep(0.02)


async def test_h76_while_no_flow_runs_commands_are_refused_and_each_by_one(tmp_path: Path) -> None:
    """Before a flow starts, after it has ended, and never beside it; whatever is asked raises."""
    async with rig(tmp_path) as it:
        config = writing(it.plc.port, it.server)
        assert (await it.ask("setpoint", 1, id="a"))["ok"]
        async with it.engine.refusing(config) as refusing:
            assert (await it.ask("setpoint", 2))["ok"], "not beside a flow that runs"
            await it.engine.stop(NAME, drain=1.0)
            answer = await it.ask("setpoint", 3)
            assert answer["reason"] == "its data flow has not been looked at yet"
            refusing.ask(lambda: "paused by anna")
            assert (await it.ask("setpoint", 3))["reason"] == "paused by anna"
            refusing.ask(lambda: "")
            assert "its data flow does not run" in (await it.ask("setpoint", 3))["reason"]
            refusing.ask(lambda: str(1 // 0))
            assert "cannot determine" in (await it.ask("setpoint", 3))["reason"]
            assert (await it.ask("setpoint", 1, id="a"))["duplicate"] is True
            assert "no tag 'setpiont'" in (await it.ask("setpiont", 3))["reason"]
            assert refusing.stats().refused_total == 5
            assert await it.holds(SETPOINT) == {"setpoint": 2.0}
            await it.engine.start(config, allowed)
            await it.ready()
            for value in range(20):
                assert (await it.ask("setpoint", value))["ok"], "the flow alone hears"
            await it.engine.stop(NAME, drain=1.0)
            assert (await it.ask("setpoint", 3))["outcome"] == "refused"
        with pytest.raises(nats.errors.NoRespondersError):
            await it.ask("setpoint", 4)


async def test_h76_who_only_refuses_stands_aside_for_another_fsmv2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that looks only, or whose bridge is disabled, takes no command from one that writes."""
    monkeypatch.setattr("fsmv2.flow.commands.refusing_listener.LOOK", 0.05)
    async with rig(tmp_path) as it:
        config, other = writing(it.plc.port, it.server), AsyncioEngine()
        async with other.refusing(config) as refusing:
            refusing.ask(lambda: "disabled here")
            for value in range(20):
                assert (await it.ask("setpoint", value))["ok"]
                await asyncio.sleep(0.01)
            assert refusing.stats().refused_total == 0
            await it.engine.stop(NAME, drain=1.0)
            assert (await heard(it, 3))["reason"] == "disabled here"
            await it.engine.start(config, allowed)
            await it.ready()
            loop = asyncio.get_running_loop()
            limit = loop.time() + 10
            in_a_row = 0
            while in_a_row < 20:  # it has stood aside
                assert loop.time() < limit
                in_a_row = in_a_row + 1 if (await it.ask("setpoint", 5))["ok"] else 0
        await other.aclose()


FLOOD = """
import asyncio, sys, nats

async def main() -> None:
    client = await nats.connect(sys.argv[1])
    for number in range(int(sys.argv[2])):
        await client.publish(sys.argv[3], b"7", reply="trash" if number % 2 else "")
        if number % 1000 == 999:
            await client.flush(60)
    await client.close()

asyncio.run(main())
"""


@pytest.mark.campaign
@pytest.mark.timeout(400)
@pytest.mark.parametrize("tag", ["setpoint", "junk"])
async def test_h77_half_a_million_are_all_counted_while_reads_go_on(
    tmp_path: Path, tag: str
) -> None:
    """From a client of its own. The connection stands, samples are stored, all is as before."""
    flood = 500_000
    async with rig(tmp_path) as it:
        reading = flow(it.plc.port, it.server, every=0.1)
        await it.engine.start(reading)
        sender = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FLOOD, connect_url(it.server), str(flood), f"{SUBJECT}.{tag}"
        )
        loop = asyncio.get_running_loop()
        longest, acked, at = 0.0, 0, loop.time()
        over = asyncio.create_task(sender.wait())

        def done() -> int:
            writes = it.writes
            return writes.refused_total + writes.written_total

        limit = loop.time() + 300
        while not over.done() or done() < flood:
            assert loop.time() < limit, f"{done()} of {flood} were counted: {it.stats}"
            await asyncio.sleep(0.05)
            assert it.stats.input_connected, it.stats.input_error
            stats = it.engine.stats(reading.name)
            assert stats is not None
            if stats.acked_total > acked:
                longest, acked, at = max(longest, loop.time() - at), stats.acked_total, loop.time()
        assert done() == flood
        assert longest < 5, f"no sample was stored for {longest:.1f} s"
        # What comes in the same moment may be as old as the last one; and it is only counted, while
        # there are more answers to the flood than the broker has taken.
        for _ in range(5):
            unanswered = it.writes.unanswered_total
            try:
                answer = await it.ask("setpoint", 8, timeout=10.0)
            except nats.errors.TimeoutError:
                assert it.writes.unanswered_total == unanswered + 1
                continue
            if answer["ok"]:
                break
            assert "it waited for" in answer["reason"]
        else:
            pytest.fail("no command was written after the flood")
        assert await it.holds(SETPOINT) == {"setpoint": 8.0}
