"""Requests of the Modbus protocol as bytes, and whether an answer is the answer to its request.

Everything that an answer repeats of its request is compared: an answer that differs in anything
belongs to something else, and a value taken from it would be a guess. No I/O here. Function codes
and layouts: MODBUS Application Protocol Specification V1.1b3, section 6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

from fsmv2.flow.inputs.modbus.device_error import RefusedError, WrongAnswerError
from fsmv2.flow.inputs.modbus.register import Kind

READ_FUNCTIONS: dict[Kind, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS = 5, 6, 16
BIT_FUNCTIONS = (1, 2)
REFUSAL = 0x80
"""Set in the function code of an answer that is an exception."""
DEVICE_ITSELF = (0, 255)
"""Units of a device that is addressed by its IP address alone."""
COIL_VALUES = {0x0000: 0, 0xFF00: 1}

NAMES = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write a coil",
    6: "write a register",
    15: "write coils",
    16: "write registers",
}


class ModbusRequest(msgspec.Struct, frozen=True):
    """One request to one unit. `words`: what a write writes, bits as 0 and 1."""

    unit: int
    function: int
    address: int
    count: int
    words: tuple[int, ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether it changes something in the device."""
        return bool(self.words)

    @property
    def pdu(self) -> bytes:
        """The request as it is sent, behind its header."""
        if self.function == WRITE_COIL:
            value = 0xFF00 if self.words[0] else 0
            return struct.pack(">BHH", self.function, self.address, value)
        if self.function == WRITE_REGISTER:
            return struct.pack(">BHH", self.function, self.address, self.words[0])
        head = struct.pack(">BHH", self.function, self.address, self.count)
        if self.function == WRITE_REGISTERS:
            size = struct.pack(">B", 2 * self.count)
            return head + size + struct.pack(f">{self.count}H", *self.words)
        return head


def read_request(unit: int, kind: Kind, address: int, count: int) -> ModbusRequest:
    """Read `count` registers or bits."""
    return ModbusRequest(unit, READ_FUNCTIONS[kind], address, count)


def write_request(unit: int, kind: Kind, address: int, words: Sequence[int]) -> ModbusRequest:
    """Write one coil, one register, or several registers in one request."""
    if kind == "coil":
        function = WRITE_COIL
    else:
        function = WRITE_REGISTER if len(words) == 1 else WRITE_REGISTERS
    return ModbusRequest(unit, function, address, len(words), tuple(words))


def answer_to(request: ModbusRequest, unit: int, pdu: bytes) -> tuple[int, ...]:
    """The registers or bits that were read; nothing of a write that was confirmed.

    RefusedError: an exception of the protocol. WrongAnswerError: no answer to this request.
    """
    if unit != request.unit:
        # These two mean the device itself, whatever its number; any other may be another machine.
        hint = f": set `unit: {unit}`" if unit in DEVICE_ITSELF else ""
        raise WrongAnswerError(f"the device answers as unit {unit}, not {request.unit}{hint}")
    function, body = pdu[0], pdu[1:]
    if function & ~REFUSAL != request.function:
        raise WrongAnswerError(
            f"the device answered another request: function {_named(function)} "
            f"came, not {_named(request.function)}"
        )
    if function & REFUSAL:
        if len(body) != 1:
            raise WrongAnswerError(f"an exception with {len(body)} bytes came, expected 1")
        raise RefusedError(body[0])
    if request.is_write:
        _compare_echo(request, body)
        return ()
    return _values(request, body)


def _values(request: ModbusRequest, body: bytes) -> tuple[int, ...]:
    announced, data = (body[0] if body else 0), body[1:]
    if announced != len(data):
        raise WrongAnswerError(f"an answer of {len(data)} bytes came that announces {announced}")
    count = request.count
    if request.function in BIT_FUNCTIONS:
        if len(data) != (count + 7) // 8:
            raise WrongAnswerError(
                f"the device sent {len(data)} bytes of bits, expected {(count + 7) // 8}"
            )
        return tuple(data[i >> 3] >> (i & 7) & 1 for i in range(count))
    if len(data) != 2 * count:
        raise WrongAnswerError(
            f"the device sent {_registers(len(data) / 2)}, not the {count} asked for"
        )
    return struct.unpack(f">{count}H", data)


def _compare_echo(request: ModbusRequest, body: bytes) -> None:
    """A confirmation repeats the address, and the value of one or the number of several."""
    if len(body) != 4:
        raise WrongAnswerError(f"a confirmation with {len(body)} bytes came, expected 4")
    address, repeated = struct.unpack(">HH", body)
    if address != request.address:
        raise WrongAnswerError(
            f"the device confirmed a write to address {address}, not to {request.address}"
        )
    if request.function == WRITE_REGISTERS:
        if repeated != request.count:
            raise WrongAnswerError(
                f"the device confirmed {_registers(repeated)}, not {request.count}"
            )
    elif repeated != struct.unpack(">H", request.pdu[3:])[0]:
        took: int | None = repeated
        if request.function == WRITE_COIL:
            took = COIL_VALUES.get(repeated)
        raise WrongAnswerError(f"the device confirmed the raw value {repeated}", took=took)


def _registers(number: float) -> str:
    return f"{number:g} register{'' if number == 1 else 's'}"


def _named(function: int) -> str:
    plain = function & ~REFUSAL
    name = NAMES.get(plain, "unknown")
    return f"{plain} ({name})"
