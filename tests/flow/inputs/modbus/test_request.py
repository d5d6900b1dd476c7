"""Requests as bytes, and whether an answer is the answer to its request."""

from __future__ import annotations

import asyncio
import re
import struct

import pytest
from flow_kit import until
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU
from raw_device import RawDevice, reading, tags, values

from fsmv2.flow.inputs.modbus import modbus_connection
from fsmv2.flow.inputs.modbus.device_error import (
    DeviceError,
    NoAnswerError,
    RefusedError,
    WrongAnswerError,
)
from fsmv2.flow.inputs.modbus.frame import NotModbusError, take_frame, what_came
from fsmv2.flow.inputs.modbus.modbus_connection import (
    ANSWERS,
    ModbusConnection,
    _how_it_ended,
)
from fsmv2.flow.inputs.modbus.request import ModbusRequest, answer_to, read_request, write_request

READ = read_request(1, "holding", 10, 2)
RIGHT = bytes([3, 4, 0, 10, 0, 11])


@pytest.mark.parametrize(
    "request_",
    [
        read_request(1, "coil", 3, 20),
        read_request(1, "discrete", 3, 20),
        read_request(7, "holding", 65000, 125),
        read_request(1, "input", 0, 1),
        write_request(1, "coil", 5, (1,)),
        write_request(1, "coil", 5, (0,)),
        write_request(1, "holding", 5, (900,)),
        write_request(1, "holding", 5, (1, 65535)),
    ],
)
def test_a_request_is_read_by_pymodbus_as_what_it_is(request_: ModbusRequest) -> None:
    """Another implementation is the witness of ours."""
    decoded = DecodePDU(is_server=True).decode(request_.pdu)
    assert decoded is not None
    assert decoded.function_code == request_.function
    assert decoded.address == request_.address
    if request_.function in (6, 16):
        assert tuple(decoded.registers) == request_.words
    elif request_.function == 5:
        assert tuple(int(bit) for bit in decoded.bits[:1]) == request_.words
    else:
        assert decoded.count == request_.count


def test_the_right_answer_gives_what_was_asked_for() -> None:
    assert answer_to(READ, 1, RIGHT) == (10, 11)
    bits = read_request(1, "coil", 0, 10)
    assert answer_to(bits, 1, bytes([1, 2, 0b10000001, 0b10])) == (1, 0, 0, 0, 0, 0, 0, 1, 0, 1)
    assert answer_to(write_request(1, "holding", 5, (900,)), 1, b"\x06\0\x05\x03\x84") == ()


@pytest.mark.parametrize(
    ("unit", "pdu", "reason"),
    [
        (0, RIGHT, "answers as unit 0, not 1: set `unit: 0`"),
        (1, b"\x04" + RIGHT[1:], "function 4 (read input registers) came, not 3 (read holding"),
        (1, b"\x84\x02", "function 4 (read input registers) came, not 3"),
        (1, bytes([3, 2, 0, 10]), "the device sent 1 register, not the 2 asked for"),
        (1, bytes([3, 6, 0, 10, 0, 11, 0, 12]), "the device sent 3 registers, not the 2 asked"),
        (1, bytes([3, 4, 0, 10]), "an answer of 2 bytes came that announces 4"),
        (1, bytes([3]), "not the 2 asked for"),
        (1, b"\x83\x02\x00", "an exception with 2 bytes came"),
        (1, b"\x2b\x0e", "function 43 (unknown) came"),
    ],
)
def test_h88_an_answer_that_differs_in_anything_is_not_taken(
    unit: int, pdu: bytes, reason: str
) -> None:
    with pytest.raises(WrongAnswerError) as raised:
        answer_to(READ, unit, pdu)
    assert reason in str(raised.value)


def test_an_exception_is_a_refusal_with_its_code() -> None:
    with pytest.raises(RefusedError, match="illegal data address") as raised:
        answer_to(READ, 1, b"\x83\x02")
    assert raised.value.code == 2


@pytest.mark.parametrize(
    ("words", "pdu", "took", "reason"),
    [
        ((900,), struct.pack(">BHH", 6, 10, 500), 500, "raw value 500"),
        ((900,), struct.pack(">BHH", 6, 11, 900), None, "a write to address 11, not to 10"),
        ((900,), bytes([3, 2, 0, 7]), None, "function 3 (read holding registers) came, not 6"),
        ((900,), struct.pack(">BHHB", 6, 10, 900, 0), None, "a confirmation with 5 bytes"),
        ((0, 900), struct.pack(">BHH", 16, 10, 1), None, "confirmed 1 register, not 2"),
        ((0, 900), struct.pack(">BHH", 16, 12, 2), None, "a write to address 12, not to 10"),
    ],
)
def test_h75_a_confirmation_is_compared_with_what_was_written(
    words: tuple[int, ...], pdu: bytes, took: int | None, reason: str
) -> None:
    """Only another value in an answer that is right in all else says what the device took."""
    with pytest.raises(WrongAnswerError) as raised:
        answer_to(write_request(1, "holding", 10, words), 1, pdu)
    assert reason in str(raised.value)
    assert raised.value.took == took


def test_h75_a_coil_that_confirms_the_opposite_has_taken_that() -> None:
    request = write_request(1, "coil", 10, (1,))
    with pytest.raises(WrongAnswerError) as raised:
        answer_to(request, 1, struct.pack(">BHH", 5, 10, 0))
    assert raised.value.took == 0
    with pytest.raises(WrongAnswerError) as raised:
        answer_to(request, 1, struct.pack(">BHH", 5, 10, 1))
    assert raised.value.took is None, "neither on nor off"


@given(st.binary(max_size=300), st.sampled_from([READ, write_request(1, "holding", 10, (900,))]))
def test_whatever_bytes_come_they_are_an_answer_or_refused_with_a_reason(
    data: bytes, request: ModbusRequest
) -> None:
    buffer = bytearray(data)
    said: list[str] = []
    try:
        while (frame := take_frame(buffer)) is not None:
            try:
                answer_to(request, frame.unit, frame.pdu)
            except DeviceError as error:
                said.append(str(error))
    except NotModbusError as error:
        said.append(str(error))
    assert all(text and text.isprintable() for text in said)


def _shifted(by: int) -> object:
    def twist(frame: bytes) -> bytes:
        transaction = int.from_bytes(frame[:2], "big") + by
        return transaction.to_bytes(2, "big") + frame[2:]

    return twist


RTU = bytes.fromhex("0103020007f986")


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        (_shifted(500), r"the device answered transaction \d+, not \d+, the one that was asked"),
        (lambda frame: frame[:6] + b"\0" + frame[7:], "answers as unit 0, not 1: set `unit: 0`"),
        (lambda frame: frame[:6] + b"\2" + frame[7:], r"answers as unit 2, not 1$"),
        (lambda frame: b"\r\nlogin:\x1b[31m \r\n", r'is not Modbus TCP: "login: \[31m"'),
        (lambda frame: b"SSH-2.0-OpenSSH_9.2\r\n", 'is not Modbus TCP: "SSH-2.0-OpenSSH_9.2"'),
        (lambda frame: b"HTTP/1.1 400 Bad Request\r\n\r\n", '"HTTP/1.1 400 Bad Request"'),
        (lambda frame: RTU, r"received Modbus RTU, not Modbus TCP \(01 03 02 00 07 f9 86\)"),
        (lambda frame: frame[:2] + b"\0\1" + frame[4:], "is not Modbus TCP: .. .. 00 01"),
        (lambda frame: frame[:4] + b"\xff\xff" + frame[6:], "is not Modbus TCP: .. .. 00 00 ff"),
        (lambda frame: frame[:4] + b"\0\0" + frame[6:], "is not Modbus TCP: .. .. 00 00 00 00"),
        (lambda frame: frame[:4] + b"\0\1" + frame[6:], "is not Modbus TCP: .. .. 00 00 00 01"),
        (lambda frame: frame[:4] + b"\0\2" + frame[6:], "the device sent 0 registers, not the 1"),
    ],
    ids=[
        "transaction",
        "unit",
        "other_unit",
        "escape",
        "ssh",
        "http",
        "rtu",
        "protocol",
        "length",
        "length_0",
        "length_1",
        "length_2",
    ],
)
async def test_h88_the_reason_says_what_came_and_nothing_of_it_is_published(
    twist: object, reason: str
) -> None:
    device = RawDevice()
    device.twist = twist  # type: ignore[assignment]
    async with device.running(), reading(device, *tags(10)) as reader:
        seen = await reader.read()
        assert seen.values == ()
        assert re.search(reason, seen.errors[0]), seen.errors[0]
        assert seen.errors[0].isprintable()
        device.twist = bytes
        while not (seen := await reader.read()).values:
            assert seen.retry_at is not None
        assert values(seen) == {"t10": 10}


async def test_h88_a_late_answer_is_never_taken_for_that_of_a_later_request() -> None:
    """A neighbour keeps the connection alive; the answer to the first request comes in the second's
    place, with a value that would be wrong there."""
    device, kept = RawDevice(), list[bytes]()
    device.registers[10], device.registers[20] = 111, 222
    connection = ModbusConnection("127.0.0.1", 0)
    connection.units = frozenset({1, 2})

    def late(frame: bytes) -> bytes:
        if frame[6] == 2:
            return frame
        kept.append(frame)
        return kept.pop(0) + frame if len(kept) > 1 else b""

    async with device.running():
        connection.port = device.port
        other = read_request(2, "holding", 0, 1)
        assert await connection.ask(other, timeout=5) == (0,)
        device.twist = late
        with pytest.raises(NoAnswerError, match=r"no answer within 0\.1 s from unit 1"):
            await connection.ask(read_request(1, "holding", 10, 1), timeout=0.1)
        connection._away.clear()
        answer = await connection.ask(read_request(1, "holding", 20, 1), timeout=5)
        assert answer == (222,)
        assert device.connections == 1
        connection.close()


async def test_h88_an_answer_that_comes_on_the_next_connection_is_not_taken_there() -> None:
    """A gateway sends it on whichever connection it has; no request there has its number."""
    device, kept = RawDevice(), list[bytes]()
    device.registers[10], device.registers[20] = 111, 222

    def late(frame: bytes) -> bytes:
        kept.append(frame)
        return kept[0] + frame if len(kept) > 1 else b""

    device.twist = late
    connection = ModbusConnection("127.0.0.1", 0)
    async with device.running():
        connection.port = device.port
        with pytest.raises(NoAnswerError):
            await connection.ask(read_request(1, "holding", 10, 1), timeout=0.1)
        await asyncio.sleep(max(0.0, connection.retry_at(1) - asyncio.get_running_loop().time()))
        assert await connection.ask(read_request(1, "holding", 20, 1), timeout=5) == (222,)
        assert device.connections == 2
        connection.close()


async def test_h88_after_an_answer_to_something_else_the_connection_is_made_anew() -> None:
    """A gateway that numbers answers by their order would give each request that before it."""
    device = RawDevice()
    device.registers[20], device.registers[30] = 222, 333
    before: dict[int, bytes] = {}

    def shifted(frame: bytes) -> bytes:
        connection = device.requests[-1][0]
        body = before.get(connection, b"\0\5\1\3\2\0\7")  # of a request for one register
        before[connection] = frame[4:]
        return frame[:4] + body

    device.twist = shifted
    connection = ModbusConnection("127.0.0.1", 0)
    async with device.running():
        connection.port = device.port
        with pytest.raises(WrongAnswerError, match="the device sent 1 register, not the 2"):
            await connection.ask(read_request(1, "holding", 20, 2), timeout=5)
        with pytest.raises(WrongAnswerError, match="the device sent 1 register, not the 2"):
            await connection.ask(read_request(1, "holding", 30, 2), timeout=5)
        connection.close()


async def test_a_flood_of_what_nobody_asked_for_is_told_as_one() -> None:
    device = RawDevice()
    device.twist = lambda frame: frame[:4] + b"\0\xfe" + frame[6:] + bytes(70_000)
    connection = ModbusConnection("127.0.0.1", 0)
    async with device.running():
        connection.port = device.port
        with pytest.raises(DeviceError):
            await connection.ask(read_request(1, "holding", 20, 2), timeout=5)
        await asyncio.sleep(max(0.0, connection.retry_at(1) - asyncio.get_running_loop().time()))
        device.twist = lambda frame: frame + bytes(70_000)
        assert await connection.ask(read_request(1, "holding", 20, 1), timeout=5) == (20,)
        stream = connection._stream
        assert stream is not None
        await until(lambda: stream.lost)
        assert _how_it_ended(stream) == (
            "the device sent more than 65536 bytes that were not requested"
        )
        connection.close()


async def test_bytes_behind_an_answer_spoil_no_value_and_are_told() -> None:
    device = RawDevice()
    device.twist = lambda frame: frame + b"\0\0\0"
    async with device.running(), reading(device, *tags(10, 100)) as reader:
        seen = await reader.read()
        assert values(seen) == {"t10": 10, "t100": 100}
        seen = await reader.read()
        assert values(seen) == {"t10": 10, "t100": 100}
        assert seen.errors == ("the device sent unexpected bytes after an answer: 00 00 00",)


async def test_an_answer_that_comes_twice_is_taken_once() -> None:
    device = RawDevice()
    device.twist = lambda frame: frame + frame
    async with device.running(), reading(device, *tags(10, 100)) as reader:
        for _ in range(3):
            seen = await reader.read()
            assert values(seen) == {"t10": 10, "t100": 100}
            assert seen.errors == ()
        assert device.connections == 1


def test_what_came_is_shown_in_a_line_that_no_screen_obeys() -> None:
    assert what_came(b"login:\t\r\n") == 'the data received is not Modbus TCP: "login:"'
    assert what_came(b"\x1b[2J" * 10) == (
        'the data received is not Modbus TCP: "[2J [2J [2J [2J [2J [2J [2J [2J [2J [2J"'
    )
    assert len(what_came(b"A" * 5000)) < 100
    assert what_came(bytes(range(40))).endswith("00 01 02 03 04 05 06 07 08 09 0a 0b 0c …")


async def test_how_fast_a_device_answers_is_known_by_its_last_few_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither by its connect nor by one that was late: either can be this machine's fault."""
    clock = [asyncio.get_running_loop().time()]
    monkeypatch.setattr(modbus_connection, "_now", lambda: clock[0])
    device = RawDevice()
    connection = ModbusConnection("127.0.0.1", 0)

    async def answered(after: float) -> float:
        device.before_answer = lambda: clock.append(clock.pop() + after)
        await connection.ask(read_request(1, "holding", 10, 1), timeout=5)
        return round(connection.status.latency_ms)

    async with device.running():
        connection.port = device.port
        assert await answered(0.6) == 600, "the only one there is"
        assert await answered(0.002) == 2
        assert await answered(0.6) == 2, "one of them was fast"
        for _ in range(ANSWERS):
            latest = await answered(0.6)
        assert latest == 600, "all of the last few were slow"
        assert await answered(0.002) == 2
        device.hang_up()
        await until(lambda: not connection.connected)
        await connection.connect(5)
        assert connection.status.latency_ms == 0, "of another connection nothing is known yet"
        assert await answered(0.6) == 600, "what was answered on the one before does not count"
        connection.close()
