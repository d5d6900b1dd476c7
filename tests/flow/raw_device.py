"""A Modbus TCP device made of bytes, which does wrong whatever a test wants; register n holds n."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable

from fsmv2.flow import ModbusInput, Register
from fsmv2.flow.inputs.modbus.reader import ModbusReader, Reading

Twist = Callable[[bytes], bytes]


class RawDevice:
    """Every attribute may be changed while it runs."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[tuple[int, int, bytes]] = []
        """(number of the connection, unit, PDU) of each request."""
        self.connections = 0
        self.most_at_once = 0
        self.registers = {n: n for n in range(1000)}
        self.illegal: set[int] = set()
        self.most = 125
        """Registers it reads at once; exception 3 beyond."""
        self.silent: set[int] = set()
        """Units that do not answer."""
        self.code: int | None = None
        """The exception every request is answered with."""
        self.twist: Twist = bytes
        """What becomes of the frame of an answer."""
        self.echo: Twist = bytes
        """What becomes of the PDU that confirms a write."""
        self.closes = ""
        """After each answer: `close` or `reset`."""
        self.newest_wins = False
        self.before_answer: Callable[[], None] = lambda: None
        self._open: dict[int, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[RawDevice]:
        """Listening on a free port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in list(self._open.values()):
            writer.transport.abort()

    def reads(self) -> list[tuple[int, int]]:
        """(address, count) of each read of holding registers so far."""
        found = [pdu for _, _, pdu in self.requests if pdu[0] == 3]
        return [struct.unpack(">HH", pdu[1:]) for pdu in found]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        if self.newest_wins:
            self.hang_up()
        self._open[number] = writer
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            await self._serve(number, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.pop(number, None)
            writer.close()
            self._tasks.discard(task)

    async def _serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            head = await reader.readexactly(7)
            transaction, _, length, unit = struct.unpack(">HHHB", head)
            pdu = await reader.readexactly(length - 1)
            self.requests.append((number, unit, pdu))
            self.before_answer()
            if unit in self.silent:
                continue
            answer = self._answer(pdu)
            frame = struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer
            writer.write(self.twist(frame))
            await writer.drain()
            if self.closes == "reset":
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if self.closes:
                return

    def _answer(self, pdu: bytes) -> bytes:
        function, (address, count) = pdu[0], struct.unpack(">HH", pdu[1:5])
        if self.code is not None:
            return bytes([function | 0x80, self.code])
        if function in (5, 6, 16):
            return self.echo(pdu[:5])
        if self.illegal & set(range(address, address + count)):
            return bytes([function | 0x80, 2])
        if count > self.most:
            return bytes([function | 0x80, 3])
        if function in (1, 2):
            bits = sum((address + n & 1) << n for n in range(count))
            data = bits.to_bytes((count + 7) // 8, "little")
        else:
            data = b"".join(
                struct.pack(">H", self.registers[n]) for n in range(address, address + count)
            )
        return bytes([function, len(data)]) + data


def tags(*addresses: int, kind: str = "holding") -> tuple[Register, ...]:
    """Tags named after their addresses."""
    type_ = "bool" if kind in ("coil", "discrete") else "uint16"
    return tuple(
        Register(name=f"t{address}", address=address, kind=kind, type=type_)  # type: ignore[arg-type]
        for address in addresses
    )


@contextlib.asynccontextmanager
async def reading(
    device: RawDevice, *registers: Register, unit: int = 1, timeout: float = 5.0
) -> AsyncIterator[ModbusReader]:
    """A reader of the device; its timeout is long, because this machine may be busy."""
    config = ModbusInput(
        address=f"127.0.0.1:{device.port}", unit=unit, timeout=timeout, registers=registers
    )
    reader = ModbusReader(config)
    try:
        yield reader
    finally:
        reader.close()


def values(reading: Reading) -> dict[str, object]:
    """Name → value."""
    return {register.name: value for register, value in reading.values}
