"""One shared connection for each address: its users, its units, its pauses, its writes."""

from __future__ import annotations

import asyncio
import ctypes
import math
import socket
import struct

import msgspec
import pytest
from flow_kit import free_port, until
from raw_device import RawDevice, tags

from fsmv2.flow import (
    AsyncioEngine,
    FlowConfig,
    FlowStats,
    ModbusInput,
    ModbusOutput,
    UnsOutput,
    WriteRegister,
)
from fsmv2.flow.inputs.modbus.device_error import NoAnswerError, NotSentError
from fsmv2.flow.inputs.modbus.modbus_connection import ModbusConnection
from fsmv2.flow.inputs.modbus.register_codec import Value, decode
from fsmv2.flow.inputs.modbus.request import read_request
from fsmv2.flow.inputs.modbus.shared_connections import SharedConnections
from fsmv2.flow.inputs.modbus.stream import Transactions
from fsmv2.flow.outputs.modbus.modbus_writer import ModbusWriter, WriteOutcome
from fsmv2.flow.stats import FlowCounters


def flow_of(name: str, port: int, **more: object) -> FlowConfig:
    """A flow that reads one register every 20 ms; its broker is away."""
    device = ModbusInput(address=f"127.0.0.1:{port}", registers=tags(10), every=0.02, timeout=5)
    return FlowConfig(
        name=name,
        input=msgspec.structs.replace(device, **more),
        output=UnsOutput(url=f"nats://127.0.0.1:{free_port()}", location_path="acme"),
    )


def figures(engine: AsyncioEngine, name: str) -> FlowStats:
    """The figures of one flow."""
    stats = engine.stats(name)
    assert stats is not None
    return stats


async def test_h73_all_flows_to_an_address_share_one_connection_on_a_newest_wins_device() -> None:
    """Several units; a flow that comes and one that goes disturb no other."""
    device = RawDevice()
    device.newest_wins = True
    engine = AsyncioEngine()
    async with device.running():
        for unit in (1, 2, 3):
            await engine.start(flow_of(f"u{unit}", device.port, unit=unit))
        await until(lambda: all(figures(engine, f"u{n}").accepted_total > 3 for n in (1, 2, 3)))
        assert figures(engine, "u1").device_users == 3
        status = engine.device("127.0.0.1", device.port)
        assert status is not None
        assert status.connected
        assert status.answers
        await engine.stop("u2", drain=0.0)
        await engine.start(flow_of("u3", device.port, unit=3, every=0.03))
        before = figures(engine, "u1").accepted_total
        await until(lambda: figures(engine, "u1").accepted_total > before + 3)
        assert device.connections == 1
        assert figures(engine, "u1").errors_total == 0
        await engine.stop("u1", drain=0.0)
        await engine.stop("u3", drain=0.0)
        await until(lambda: engine.device("127.0.0.1", device.port) is None)
        await engine.aclose()


async def test_h73_of_eight_units_a_dead_one_costs_a_time_out_for_each_backoff_step() -> None:
    """Its neighbours are asked over the same connection; meanwhile it is left alone."""
    device = RawDevice()
    device.silent = {5}
    connection = ModbusConnection("127.0.0.1", 0)
    connection.units = frozenset(range(1, 9))
    async with device.running():
        connection.port = device.port
        began = asyncio.get_running_loop().time()
        for _ in range(20):
            for unit in range(1, 9):
                request = read_request(unit, "holding", 10, 1)
                if unit == 5:
                    with pytest.raises((NoAnswerError, NotSentError), match="from unit 5"):
                        await connection.ask(request, timeout=0.1)
                else:
                    assert await connection.ask(request, timeout=5) == (10,)
        asked = [unit for _, unit, _ in device.requests]
        assert asked.count(3) == 20
        steps = math.log2(1 + asyncio.get_running_loop().time() - began)
        assert asked.count(5) <= 2 + steps, "once, and once more for each step, which double"
        assert connection.retry_at(5) - asyncio.get_running_loop().time() > 0
        assert connection.retry_at(3) == 0.0
        assert device.connections == 1
        connection.close()


async def test_a_connection_on_which_nobody_answers_is_made_anew() -> None:
    device = RawDevice()
    connection = ModbusConnection("127.0.0.1", 0)
    connection.units = frozenset({1, 2, 3})
    async with device.running():
        connection.port = device.port
        for unit in (1, 2, 3):
            await connection.ask(read_request(unit, "holding", 10, 1), timeout=5)
        device.silent = {1, 2, 3}
        for unit in (1, 2):
            with pytest.raises(NoAnswerError):
                await connection.ask(read_request(unit, "holding", 10, 1), timeout=0.05)
        assert not connection.connected
        device.silent = set()
        assert await connection.ask(read_request(3, "holding", 10, 1), timeout=5) == (10,)
        assert device.connections == 2
        connection.close()


def test_settings_of_one_device_that_conflict_are_told_to_whose_is_overruled() -> None:
    shared = SharedConnections()
    long = shared.use("plc", 502, user="p/a/dfc_read", unit=1, gap=0.05)
    short = shared.use("PLC", 502, user="p/b/dfc_read", unit=2, gap=0.02)
    none = shared.use("plc", 502, user="p/c/dfc_read", unit=2, gap=0.0)
    elsewhere = shared.use("plc", 503, user="p/d/dfc_read", unit=2, gap=0.0)
    assert long.connection is short.connection is none.connection
    assert elsewhere.connection is not long.connection
    assert long.connection.gap == 0.05
    assert long.connection.units == {1, 2}
    assert short.others == 2
    assert short.conflict == (
        "waits 50 ms between requests, as p/a/dfc_read asks of this device, not its own 20 ms: "
        "write one `request_gap` for both"
    )
    assert long.conflict == none.conflict == elsewhere.conflict == ""
    long.release()
    long.release()
    assert short.conflict == ""
    assert short.connection.gap == 0.02


async def test_the_device_is_left_alone_between_requests() -> None:
    device = RawDevice()
    connection = ModbusConnection("127.0.0.1", 0)
    connection.gap = 0.1
    loop = asyncio.get_running_loop()
    async with device.running():
        connection.port = device.port
        began = loop.time()
        for _ in range(4):
            await connection.ask(read_request(1, "holding", 10, 1), timeout=5)
        assert loop.time() - began >= 0.3
        connection.close()


async def wrote(
    device: RawDevice, tag: WriteRegister, words: tuple[int, ...], stands_for: Value | None = None
) -> WriteOutcome:
    """The outcome of one write."""
    config = ModbusOutput(address=f"127.0.0.1:{device.port}", timeout=5, registers=(tag,))
    use = SharedConnections().use("127.0.0.1", device.port, user="w", unit=1, gap=0.0)
    writer = ModbusWriter(config, use)
    value: Value = words[-1]
    if stands_for is not None:
        value = stands_for
    elif tag.kind == "coil":
        value = bool(words[0])
    elif tag.scale:
        value = words[-1] * tag.scale
    try:
        return await writer.write(tag, words, value, lambda: "")
    finally:
        writer.close()


SETPOINT = WriteRegister(name="sp", address=10, type="uint16")


@pytest.mark.parametrize(
    ("tag", "words", "echo", "outcome"),
    [
        (SETPOINT, (900,), b"\x06\0\x0a\x01\xf4", ("failed", "the device took 500, not 900")),
        (
            WriteRegister(name="sp", address=10, type="uint16", scale=0.1),
            (900,),
            b"\x06\0\x0a\x01\xf4",
            ("failed", "the device took 50.0, not 90.0"),
        ),
        (
            WriteRegister(name="lamp", address=10, type="bool", kind="coil"),
            (1,),
            b"\x05\0\x0a\0\0",
            ("failed", "the device took false, not true"),
        ),
        (
            SETPOINT,
            (900,),
            b"\x06\0\x0b\x03\x84",
            (
                "unknown",
                (
                    "the device confirmed a write to address 11, not to 10; whether "
                    "it was written is unknown"
                ),
            ),
        ),
        (SETPOINT, (900,), b"\x06\0\x0a\x03\x84", ("written", "")),
    ],
)
async def test_h75_a_write_is_written_only_if_all_of_its_confirmation_matches(
    tag: WriteRegister, words: tuple[int, ...], echo: bytes, outcome: tuple[str, str]
) -> None:
    device = RawDevice()
    device.echo = lambda _: echo
    async with device.running():
        done = await wrote(device, tag, words)
    assert (done.known, done.reason) == outcome


async def test_h72_a_write_is_read_back_over_a_new_connection_when_the_device_closes() -> None:
    device = RawDevice()
    device.closes = "close"
    device.registers[10] = 900
    tag = msgspec.structs.replace(SETPOINT, read_back=True)
    async with device.running():
        assert await wrote(device, tag, (900,)) == WriteOutcome("written")
        assert device.connections == 2


@pytest.mark.parametrize(
    ("tag", "words", "held", "reason"),
    [
        (SETPOINT, (900,), (500,), "now holds 500 and not 900"),
        (
            WriteRegister(name="n", address=10, type="int64", scale=0.1),
            (0x0080, 0, 0, 1),  # a tenth of both is the same float
            (0x0080, 0, 0, 2),
            "now holds the registers 128, 0, 0, 2 and not 128, 0, 0, 1",
        ),
    ],
)
async def test_h75_what_is_read_back_is_compared_register_by_register(
    tag: WriteRegister, words: tuple[int, ...], held: tuple[int, ...], reason: str
) -> None:
    device = RawDevice()
    device.registers |= {10 + n: word for n, word in enumerate(held)}
    tag = msgspec.structs.replace(tag, read_back=True)
    value = decode(tag, words, word_order="big", byte_order="big")
    async with device.running():
        done = await wrote(device, tag, words, value)
        assert done == WriteOutcome("failed", f"the device confirmed, but {reason}")
        device.registers |= {10 + n: word for n, word in enumerate(words)}
        assert await wrote(device, tag, words, value) == WriteOutcome("written")


async def test_h75_a_write_is_never_sent_twice() -> None:
    """A read on a lost connection is; a write that may have arrived is not."""
    device = RawDevice()
    device.before_answer = device.hang_up
    async with device.running():
        done = await wrote(device, SETPOINT, (900,))
        assert done.known == "unknown"
        assert done.reason == (
            "the device closed the connection before it confirmed; whether it was "
            "written is unknown"
        )
        assert len(device.requests) == 1


@pytest.mark.parametrize(
    ("code", "known", "reason"),
    [
        (0, "unknown", "exception 0, which the protocol does not have; whether"),
        (1, "failed", "illegal function"),
        (2, "failed", "illegal data address"),
        (3, "failed", "illegal data value"),
        (4, "unknown", "possibly after it had taken the value (exception 4)"),
        (5, "unknown", "still working on it (exception 5)"),
        (6, "failed", "the device is busy"),
        (7, "unknown", "(negative acknowledge); whether"),
        (8, "unknown", "(parity); whether"),
        (10, "failed", "the gateway has no path to the device"),
        (11, "unknown", "the device behind it did not answer (exception 11)"),
        (99, "unknown", "exception 99, which the protocol does not have; whether"),
    ],
)
async def test_h75_an_exception_is_a_failed_write_only_if_it_comes_before_anything_is_done(
    code: int, known: str, reason: str
) -> None:
    """An exception that says nothing certain leaves the outcome unknown; none is tried again."""
    device = RawDevice()
    device.code = code
    async with device.running():
        done = await wrote(device, SETPOINT, (900,))
    assert (done.known, len(device.requests)) == (known, 1)
    assert reason in done.reason


DROP_ALL = struct.pack("HBBI", 6, 0, 0, 0)
"""A program of the kernel's packet filter that lets no packet of a socket in: return 0."""
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27


async def test_h75_a_write_that_was_given_up_does_not_arrive_when_the_cable_is_in_again() -> None:
    """The kernel would send it again for minutes, on a connection that is closed already."""
    loop = asyncio.get_running_loop()
    config = ModbusOutput(address="127.0.0.1:1", timeout=0.2, registers=(SETPOINT,))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        config = msgspec.structs.replace(config, address=address)
        use = SharedConnections().use("127.0.0.1", config.port, user="w", unit=1, gap=0.0)
        use.connection.units = frozenset({1, 2})
        use.connection._answering.add(2)  # a neighbour for whom the connection would be kept
        writer = ModbusWriter(config, use)
        assert await writer.connect() == ""
        machine, _ = await loop.sock_accept(server)
        with machine:
            program = ctypes.create_string_buffer(DROP_ALL)
            pulled = struct.pack("HP", 1, ctypes.addressof(program))
            machine.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pulled)
            done = await writer.write(SETPOINT, (900,), 900, lambda: "")
            assert done.known == "unknown"
            await asyncio.sleep(0.5)
            machine.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            with pytest.raises(TimeoutError):  # it came within a second
                await asyncio.wait_for(loop.sock_recv(machine, 100), 3)
        writer.close()


def test_an_answer_is_old_only_if_its_request_was_one_of_the_last() -> None:
    """Also where the numbers wrap around."""
    for first in (1, 2, 65533, 65534, 65535):
        numbers = Transactions(first)
        assert not any(numbers.is_old(n) for n in range(65536))
        sent = [numbers.next() for _ in range(3)]
        assert sent == [(first - 1 + n) % 65535 + 1 for n in range(3)]
        assert {n for n in range(65536) if numbers.is_old(n)} == set(sent[:2])
        for _ in range(65535):
            newest = numbers.next()
        assert newest == sent[2]
        assert sum(numbers.is_old(n) for n in range(65536)) == 63
        assert not numbers.is_old(0)
    assert 1 <= Transactions().next() <= 65535


def test_the_rate_of_polls_is_measured_and_what_was_left_out_is_counted_by_reason() -> None:
    counters = FlowCounters()
    for n in range(2):
        counters.polled(2.0 * n, 2.0 * n + 1.8)
    assert counters.measured_every is None
    for n in range(2, 6):
        counters.polled(2.0 * n, 2.0 * n + 1.8)
    counters.skip_slow(3)
    assert (counters.measured_every, round(counters.poll_seconds or 0, 6)) == (2.0, 1.8)
    counters.skip_full()
    counters.polled(100.0, 100.1)
    assert counters.measured_every == 2.0, "the time without room says nothing of the device"
    assert (counters.skipped_slow, counters.skipped_full) == (3, 1)


async def test_h73_one_device_by_two_names_is_reported_to_both_flows_until_one_ends() -> None:
    device = RawDevice()
    engine = AsyncioEngine()
    async with device.running():
        await engine.start(flow_of("one", device.port))
        await engine.start(flow_of("two", device.port, address=f"localhost:{device.port}"))
        await until(lambda: all(figures(engine, n).accepted_total for n in ("one", "two")))
        for name, other, written in (("one", "two", "localhost"), ("two", "one", "127.0.0.1")):
            assert figures(engine, name).device_conflict == (
                f"{other} has a connection of its own to this device, as {written}: write one "
                "address for both"
            )
        await engine.stop("two", drain=0)
        await until(lambda: not figures(engine, "one").device_conflict)
        await engine.aclose()


async def test_h73_a_device_is_known_by_every_spelling_of_its_address() -> None:
    """A worker that asks by another one opens no second connection to see."""
    device = RawDevice()
    engine = AsyncioEngine()
    spellings = ("127.0.0.1", "localhost", "LOCALHOST.", "::ffff:127.0.0.1")

    def seen() -> set[bool | None]:
        found = [engine.device(one, device.port) for one in spellings]
        return {None if one is None else one.connected for one in found}

    async with device.running():
        await engine.start(flow_of("one", device.port))
        await until(lambda: seen() == {True})
        assert engine.device("localhost", device.port + 1) is None
        await engine.start(flow_of("two", device.port, address=f"localhost:{device.port}"))
        await until(lambda: device.connections == 2)
        await engine.stop("one", drain=0)
        await until(lambda: seen() == {True}, timeout=200)
        await engine.stop("two", drain=0)
        await until(lambda: seen() == {None})
        await engine.aclose()
