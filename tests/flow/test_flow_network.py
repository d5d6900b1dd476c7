"""Flows whose way to the broker is bad: somebody else's broker, a full stream, a proxy that loses,
holds or garbles what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import nats
import pytest
from flow_kit import broker, flow, flushed, free_port, simulated_plc, stored, until

from broker_url import connect_url
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start, stop
from fsmv2.flow import AsyncioEngine, FlowConfig, FlowStats
from fsmv2.flow.nats.login import Login
from fsmv2.flow.nats.nats_client import NatsClient
from fsmv2.flow.nats.nats_connection import NatsConnection, NatsMessage
from suspended_process import suspend

pytestmark = [pytest.mark.real, pytest.mark.thorough]

NAME = "plant/filler/dfc_read"
Sample = tuple[str, bytes]
Change = Callable[[bytes], bytes]


def figures(engine: AsyncioEngine) -> FlowStats:
    """The figures of the one flow."""
    stats = engine.stats(NAME)
    assert stats is not None
    return stats


def through(config: FlowConfig, port: int) -> FlowConfig:
    """The flow with a proxy on `port` in its way to the broker."""
    output = msgspec.structs.replace(
        config.output, url=f"{config.output.url.rpartition(':')[0]}:{port}"
    )
    return msgspec.structs.replace(config, output=output)


class Proxy:
    """Between a client and a server on this machine; `up` and `down` are what it does to bytes."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.up: Change = bytes
        self.down: Change = bytes
        self.holds = asyncio.Event()
        self.holds.set()
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        """Listening, on a port of its own."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def heal(self) -> None:
        """Pass on everything as it is."""
        self.up = self.down = bytes
        self.holds.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self.holds.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        await asyncio.gather(
            self._pass(reader, back, "up"),
            self._pass(there, writer, "down"),
        )
        self._writers -= {writer, back}

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                await self.holds.wait()
                change: Change = getattr(self, way)
                writer.write(change(data))
                await writer.drain()
        writer.close()


async def test_another_broker_at_the_address_is_told_nothing(tmp_path: Path) -> None:
    """The broker dies, and that of another plant has its port: it must not get a sample of ours."""
    accepted: list[Sample] = []
    ours = BrokerConfig(state_dir=str(tmp_path / "ours"), port=free_port(), mqtt_port=free_port())
    other = BrokerConfig(state_dir=str(tmp_path / "other"), port=ours.port, mqtt_port=free_port())
    engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
    await start(ours)
    try:
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, ours, server=ours.identity))
            await until(lambda: figures(engine).acked_total > 20)
            record = read_record(ours)
            assert record is not None
            os.kill(record.pid, signal.SIGKILL)
            await until(lambda: not figures(engine).output_connected)
            await stop(ours)
            await start(other)
            await until(lambda: "a broker other than ours" in figures(engine).output_error)
            before = figures(engine).accepted_total
            await until(lambda: figures(engine).accepted_total > before + 20)
            assert not figures(engine).output_connected
            client = await nats.connect(connect_url(other))
            with pytest.raises(nats.js.errors.NotFoundError):
                await client.jetstream().stream_info("UMH")
            await client.close()
            await stop(other)
            await start(ours)
            await until(lambda: figures(engine).output_connected)
            assert await engine.stop(NAME, drain=5.0) == 0
        assert set(await stored(ours)) == set(accepted)
    finally:
        await engine.aclose()
        await stop(other)
        await stop(ours)


@pytest.mark.parametrize("garbling", [False, True], ids=["loses", "garbles"])
async def test_whatever_the_network_does_nothing_accepted_is_lost(
    tmp_path: Path, *, garbling: bool
) -> None:
    """Held, cut, thinned, swallowed, garbled both ways; then it is well, and everything arrives.

    What was garbled on its way to the broker may be stored like that, readable or not.
    """
    seed = 1
    drawn = random.Random(seed)
    accepted: list[Sample] = []

    def garbled(data: bytes) -> bytes:
        at = drawn.randrange(len(data))
        return data[:at] + bytes((drawn.randrange(256),)) + data[at + 1 :]

    def thinned(data: bytes) -> bytes:
        return data[: drawn.randrange(len(data) + 1)]

    def swallowed(_: bytes) -> bytes:
        return b""

    changes = (garbled, thinned, swallowed) if garbling else (thinned, swallowed)
    async with broker(tmp_path) as server, Proxy(server.port).running() as proxy:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            config = through(flow(plc.port, server, every=0.01), proxy.port)
            await engine.start(config)
            await until(lambda: figures(engine).acked_total > 20)
            for _ in range(12):
                fault = drawn.choice(("cut", "hold", "up", "down", "both"))
                if fault == "cut":
                    proxy.cut()
                elif fault == "hold":
                    proxy.holds.clear()
                if fault in ("up", "both"):
                    proxy.up = drawn.choice(changes)
                if fault in ("down", "both"):
                    proxy.down = drawn.choice(changes)
                await asyncio.sleep(drawn.uniform(0.05, 0.6))
                if drawn.random() < 0.5:
                    proxy.heal()
            proxy.heal()
            acked = figures(engine).acked_total
            await until(lambda: figures(engine).acked_total > acked + 20, timeout=200)
            assert figures(engine).output_connected
            assert await engine.stop(NAME, drain=20.0) == 0
        await engine.aclose()
        if not garbling:
            assert set(accepted) == set(await stored(server))


async def test_a_stream_that_takes_no_more_is_said_and_gets_all_later(tmp_path: Path) -> None:
    """A stream of the user's that refuses when it is full: nothing is lost or forgotten."""
    accepted: list[Sample] = []
    async with broker(tmp_path) as server:
        client = await nats.connect(connect_url(server))
        context = client.jetstream()
        full = nats.js.api.StreamConfig(
            name="UMH",
            subjects=["umh.v1.>"],
            discard=nats.js.api.DiscardPolicy.NEW,
            max_msgs=50,
        )
        await context.add_stream(full)
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(
                lambda: (
                    "the broker refuses samples: maximum messages" in figures(engine).output_error
                )
            )
            assert figures(engine).acked_total == 50
            assert not figures(engine).output_connected, "what cannot be stored is trouble"
            full.max_msgs = -1
            await context.update_stream(full)
            await until(lambda: figures(engine).acked_total > 100)
            assert figures(engine).output_error == ""
            assert await engine.stop(NAME, drain=5.0) == 0
        await engine.aclose()
        await client.close()
        found = await stored(server)
    assert set(found) == set(accepted)
    assert len(found) == len(set(found))


async def test_what_has_arrived_is_heard_out_by_one_who_leaves(tmp_path: Path) -> None:
    """The broker has handed it over; nobody else would ever answer it."""
    heard: list[bytes] = []

    def hear(message: NatsMessage) -> None:
        heard.append(message.payload)

    async with broker(tmp_path) as server:
        connection = NatsConnection(connect_url(server), "UMH")
        await asyncio.wait_for(connection.up.wait(), 10)
        await connection.listen("me", "commands.filler", hear)
        client = await nats.connect(connect_url(server))
        for number in range(30):
            await client.publish("commands.filler", b"%d" % number)
        await flushed(client)
        await connection.unlisten("me")
        assert heard == [b"%d" % number for number in range(30)]
        await client.publish("commands.filler", b"late")
        await flushed(client)
        await asyncio.sleep(0.1)
        assert len(heard) == 30
        await client.close()
        await connection.aclose()


async def test_a_flush_is_confirmed_after_all_that_was_to_be_sent_before_it(tmp_path: Path) -> None:
    """Else a subscription would count as known to the broker, or as ended, that is not."""
    async with broker(tmp_path) as server:
        client = NatsClient(connect_url(server), Login())
        await client.connect()
        sent: list[bytes] = []
        transport = client.nats._transport
        write, writelines = transport.write, transport.writelines

        def written(data: bytes) -> None:
            sent.append(data)
            write(data)

        def all_written(lines: list[bytes]) -> None:
            sent.extend(lines)
            writelines(lines)

        transport.write, transport.writelines = written, all_written
        subscription = await client.nats.subscribe("commands.filler")
        await client.nats.flush(timeout=5)
        await client.nats.publish("others", b"")
        await subscription.drain()
        assert [line.split()[0] for line in sent] == [b"SUB", b"PING", b"PUB", b"UNSUB", b"PING"]
        await client.close()


async def test_who_has_left_is_known_to_the_broker_when_it_is_told(tmp_path: Path) -> None:
    """A command that comes then would wait for an answer that nobody gives."""
    async with broker(tmp_path) as server:
        connection = NatsConnection(connect_url(server), "UMH")
        await asyncio.wait_for(connection.up.wait(), 10)
        client = await nats.connect(connect_url(server))
        for _ in range(50):
            await connection.listen("me", "commands.filler", lambda _: None)
            with pytest.raises(nats.errors.TimeoutError):  # it is heard
                await client.request("commands.filler", b"", timeout=0.01)
            await connection.unlisten("me")
            with pytest.raises(nats.errors.NoRespondersError):
                await client.request("commands.filler", b"", timeout=5)
        await client.close()
        await connection.aclose()


async def test_who_leaves_while_the_connection_is_set_up_takes_no_message_from_others(
    tmp_path: Path,
) -> None:
    """Subscribed already, on a connection that does not call itself up yet."""
    async with broker(tmp_path) as server:
        connection = NatsConnection(connect_url(server), "UMH")
        await connection.listen("me", "commands.filler", lambda _: None)
        await until(lambda: "me" in connection._subscribed, every=0)
        assert connection._client is None
        await connection.unlisten("me")
        await asyncio.wait_for(connection.up.wait(), 10)
        client = await nats.connect(connect_url(server))
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("commands.filler", b"", timeout=5)
        await client.close()
        await connection.aclose()


async def test_a_closed_connection_leaves_no_socket_to_a_broker_that_stands_still(
    tmp_path: Path,
) -> None:
    """What is still to be written can never be; waiting for it would be for ever."""
    async with broker(tmp_path) as server:
        record = read_record(server)
        assert record is not None
        connection = NatsConnection(connect_url(server), "UMH")
        await asyncio.wait_for(connection.up.wait(), 10)
        transport = connection._client._transport._io_writer.transport
        suspend(record.pid)
        try:
            transport.write(b"PUB a 100\r\n" * 1_000_000)  # more than the kernel takes
            assert transport.get_write_buffer_size() > 0
            await asyncio.wait_for(connection.aclose(), 5)
            await until(lambda: transport.is_closing() and transport.get_write_buffer_size() == 0)
        finally:
            os.kill(record.pid, signal.SIGCONT)
