"""Flows in bad company: hostile devices, a stream that is deleted, calls that come all at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import nats
import pytest
from flow_kit import broker, flow, free_port, simulated_plc, stored, until

from broker_url import connect_url
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start
from fsmv2.flow import AsyncioEngine, FlowConfig, FlowStats, UnsOutput
from fsmv2.flow.inputs.modbus.modbus_connection import RECONNECT_BASE
from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.outputs.uns.publisher import UnsPublisher
from fsmv2.flow.sample import Sample
from fsmv2.flow.stats import FlowCounters

pytestmark = pytest.mark.real

NAME = "plant/filler/dfc_read"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def figures(engine: AsyncioEngine) -> FlowStats:
    """The figures of the one flow."""
    stats = engine.stats(NAME)
    assert stats is not None
    return stats


@contextlib.asynccontextmanager
async def device(talk: Talk) -> AsyncIterator[int]:
    """Something that accepts connections and behaves as `talk` does; its port."""
    ended: list[asyncio.Future[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = asyncio.get_running_loop().create_future()
        ended.append(done)
        with contextlib.suppress(OSError):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        done.set_result(None)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.wait_for(asyncio.gather(*ended), 10)


def impatient(port: int) -> FlowConfig:
    """A flow that polls often and does not wait long; its broker is away."""
    config = flow(port, free_port())
    quick = msgspec.structs.replace(config.input, every=0.02, timeout=0.05)
    return msgspec.structs.replace(config, input=quick)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, and close at once."""


async def is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, and never answer."""
    await reader.read(-1)


async def talks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request with its id and random bytes."""
    while request := await reader.read(1000):
        writer.write(request[:4] + os.urandom(60))
        await writer.drain()


async def answers_another(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request as if it had been for one single register."""
    while request := await reader.read(1000):
        writer.write(request[:4] + b"\x00\x05" + request[6:8] + b"\x02\x00\x01")
        await writer.drain()


@pytest.mark.parametrize(
    ("talk", "told"),
    [
        (hangs_up, "the device closed the connection"),
        (is_silent, "no answer within"),
        (talks_nonsense, "the data received is not Modbus TCP"),
        (answers_another, "the device sent 1 register, not the"),
    ],
)
async def test_a_hostile_device_is_an_error_of_the_input_and_never_ends_the_flow(
    talk: Talk, told: str
) -> None:
    engine = AsyncioEngine()
    async with device(talk) as port:
        await engine.start(impatient(port))
        await until(lambda: figures(engine).errors_total >= 3)
        await until(lambda: told in figures(engine).input_error)
        assert figures(engine).running
        await engine.aclose()


async def test_a_device_that_accepts_and_hangs_up_is_tried_less_and_less_often() -> None:
    """However often it is to be polled."""
    loop = asyncio.get_running_loop()
    engine = AsyncioEngine()
    async with device(hangs_up) as port:
        began = loop.time()
        await engine.start(impatient(port))
        await until(lambda: figures(engine).errors_total >= 4)
        assert loop.time() - began > RECONNECT_BASE * (1 + 2 + 4) * 0.9
        await engine.aclose()


async def test_a_stream_that_was_deleted_is_made_again_and_filled(tmp_path: Path) -> None:
    accepted: list[tuple[str, bytes]] = []
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 50)
            client = await nats.connect(connect_url(server))
            await client.jetstream().delete_stream("UMH")
            await client.close()
            gone = len(accepted)
            await until(lambda: figures(engine).accepted_total > gone + 50)
            assert await engine.stop(NAME, drain=5.0) == 0
        found = await stored(server)
        await engine.aclose()
    assert set(found) >= set(accepted[gone:])
    assert len(found) == len(set(found))


async def test_of_several_starts_at_once_exactly_one_flow_runs() -> None:
    """Each of them replaces a running flow; none is left to read on unseen."""
    polled: list[int] = []

    async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        polled.append(1)
        await reader.read(-1)
        polled.pop()

    engine = AsyncioEngine()
    async with device(counts) as port:
        nowhere = free_port()
        await engine.start(flow(port, nowhere))
        await until(lambda: polled)
        configs = [flow(port, nowhere, every=every) for every in (0.03, 0.04, 0.05)]
        await asyncio.gather(*(engine.start(config) for config in configs))
        await until(lambda: figures(engine).running)
        assert engine.config(NAME) in configs
        await until(lambda: len(polled) == 1)
        await asyncio.gather(engine.start(configs[0]), engine.stop(NAME, drain=0.0))
        await engine.stop(NAME, drain=0.0)
        await until(lambda: not polled)
        await engine.aclose()


async def test_an_unexpected_end_of_reading_tells_its_reason() -> None:
    def refuses(subject: str, payload: bytes) -> None:
        raise KeyError(subject)

    engine = AsyncioEngine(on_accepted=refuses)
    with simulated_plc() as plc:
        await engine.start(flow(plc.port, free_port()))
        await until(lambda: not figures(engine).running)
        assert figures(engine).input_error.startswith("reading ended: KeyError: 'umh.v1.acme")
    await engine.aclose()


async def test_a_sample_is_counted_at_every_instant_until_it_is_acknowledged(
    tmp_path: Path,
) -> None:
    """Also while the client waits for room in its buffer: a drain must not end too early."""
    counters, large, count = FlowCounters(), b"x" * 900_000, 12
    async with broker(tmp_path) as server:
        url = connect_url(server)
        connection = NatsConnection(url, "UMH")
        publisher = UnsPublisher(UnsOutput(url=url, location_path="acme"), counters, connection)
        publisher.put([Sample("umh.v1.acme._raw.t", large, f"t/{n}") for n in range(count)])
        sending = asyncio.create_task(publisher.run())
        try:
            async with asyncio.timeout(30):
                while counters.acked < count:
                    assert publisher.depth == count - counters.acked
                    await asyncio.sleep(0)
            assert await publisher.drained(0.0) == 0
        finally:
            while not sending.done():
                sending.cancel()  # again and again: the client swallows some of them
                await asyncio.wait([sending], timeout=0.2)
            publisher.close()
            await connection.aclose()


async def test_a_port_that_accepts_and_says_nothing_is_no_broker() -> None:
    """Bounded: the flow goes on to accept, and its end is quick."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent, simulated_plc() as plc:
        engine = AsyncioEngine()
        await engine.start(flow(plc.port, silent.getsockname()[1]))
        await until(lambda: figures(engine).accepted_total > 20)
        await until(lambda: figures(engine).output_error.endswith(("no answer", "answers there")))
        assert not figures(engine).output_connected
        await asyncio.wait_for(engine.aclose(), 5)


async def test_a_client_that_closes_without_a_word_is_noticed(tmp_path: Path) -> None:
    """Its last write failed while it closed: it is closed then, and tells nobody (nats-py 2)."""

    async def drain() -> None:
        raise ConnectionResetError("Connection lost")

    async with broker(tmp_path) as server:
        connection = NatsConnection(connect_url(server), "UMH")
        try:
            await asyncio.wait_for(connection.up.wait(), 10)
            client = connection._client
            client._transport.drain = drain
            client._pending.append(b"PING\r\n")
            client._pending_data_size += 6
            record = read_record(server)
            assert record is not None
            os.kill(record.pid, signal.SIGKILL)
            await until(lambda: not connection.up.is_set())
            assert connection.error
            await start(server)
            await asyncio.wait_for(connection.up.wait(), 10)
        finally:
            await connection.aclose()


async def test_a_client_that_reads_no_more_is_noticed(tmp_path: Path) -> None:
    """A message that it cannot read ends its reading; nothing else of it ends (nats-py 2)."""

    async def parse(_: bytes) -> None:
        raise ValueError("no such message")

    async with broker(tmp_path) as server:
        connection = NatsConnection(connect_url(server), "UMH")
        try:
            await asyncio.wait_for(connection.up.wait(), 10)
            client = connection._client
            client._ps.parse = parse
            await until(lambda: connection._client not in (client, None), timeout=200)
            assert client.is_closed
            await asyncio.wait_for(connection.up.wait(), 10)
        finally:
            await connection.aclose()


@pytest.mark.thorough
async def test_a_sample_that_nobody_acknowledges_has_the_stream_made_again(tmp_path: Path) -> None:
    """Where somebody listens, the broker does not say that no stream takes the subject."""
    async with broker(tmp_path) as server:
        engine = AsyncioEngine()
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 20)
            client = await nats.connect(connect_url(server))

            async def ignored(_: object) -> None:
                """Listens, and answers nothing."""

            await client.subscribe("umh.v1.>", cb=ignored)
            await client.jetstream().delete_stream("UMH")
            await asyncio.sleep(0.1)  # what was under way has been answered
            before = figures(engine)
            # The reason stands there for a moment only: to connect anew mends it at once.
            await until(lambda: figures(engine).acked_total > before.acked_total + 20, timeout=200)
            assert figures(engine).errors_total > before.errors_total
            await client.close()
        await engine.aclose()
