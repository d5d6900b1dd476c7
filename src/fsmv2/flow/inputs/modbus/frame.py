"""Modbus TCP frames out of a stream of bytes, and words for what is no Modbus TCP.

A frame is a header of seven bytes (transaction, protocol 0, length, unit) and a PDU: MODBUS
Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3. No I/O here.
"""

from __future__ import annotations

import struct

import msgspec

HEADER = struct.Struct(">HHHB")
LONGEST = 254
"""Most bytes that a header may announce: the unit and a PDU of 253."""
EXCERPT = 40
"""Characters of what came that are shown."""
LEAST_TEXT = 3
MOSTLY = 0.7
"""Printable bytes, and their part of all, from which on something counts as text."""


class Frame(msgspec.Struct, frozen=True):
    """One whole frame."""

    transaction: int
    unit: int
    pdu: bytes


class NotModbusError(Exception):
    """The bytes are no Modbus TCP; the text says what they are."""


def frame_bytes(transaction: int, unit: int, pdu: bytes) -> bytes:
    """A frame as it is sent."""
    return HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def take_frame(buffer: bytearray) -> Frame | None:
    """Remove the first frame from `buffer`; None: it is not whole yet. NotModbusError."""
    if len(buffer) < 4:
        return None
    if buffer[2] or buffer[3]:  # the protocol: told as early as that, a text may be short
        raise NotModbusError(what_came(bytes(buffer)))
    if len(buffer) < HEADER.size:
        return None
    transaction, _, length, unit = HEADER.unpack_from(buffer)
    if not 2 <= length <= LONGEST:
        raise NotModbusError(what_came(bytes(buffer)))
    end = 6 + length
    if len(buffer) < end:
        return None
    pdu = bytes(buffer[HEADER.size : end])
    del buffer[:end]
    return Frame(transaction, unit, pdu)


def what_came(data: bytes) -> str:
    """Bytes that are no Modbus TCP, for a person; safe to be shown, whatever they are."""
    if is_rtu(data):
        return f"received Modbus RTU, not Modbus TCP ({shown(data)}): set the device to Modbus TCP"
    return f"the data received is not Modbus TCP: {shown(data)}"


def shown(data: bytes) -> str:
    """An excerpt: text in quotes where nearly all of it is printable ASCII, else hexadecimal."""
    decoded = data.decode("ascii", "replace")
    # A replacement has no byte of the original left that a screen could obey.
    safe = "".join(c if c.isascii() and c.isprintable() else " " for c in decoded)
    text = " ".join(safe.split())
    if len(text) >= LEAST_TEXT and len(text) >= MOSTLY * len(data.strip()):
        more = "…" if len(text) > EXCERPT else ""
        return f'"{text[:EXCERPT]}{more}"'
    more = " …" if len(data) > EXCERPT // 3 else ""
    return data[: EXCERPT // 3].hex(" ") + more


def is_rtu(data: bytes) -> bool:
    """Whether it is one frame of the serial protocol: unit, PDU, checksum."""
    return len(data) >= 5 and _crc(data[:-2]) == data[-2] | data[-1] << 8


def _crc(data: bytes) -> int:
    """CRC-16/MODBUS, from the serial line guide V1.02, section 6.2.2."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
