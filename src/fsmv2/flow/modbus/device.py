"""One TCP connection to a Modbus device, and the device's refusals in words.

Shared by what reads and what writes; each has a connection of its own.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from fsmv2.flow.extra import industrial, silence

EXCEPTIONS = {
    1: "the device does not know this kind of request (illegal function)",
    2: "no such address on the device (illegal data address)",
    3: "the device refuses this request (illegal data value)",
    4: "the device failed while it worked on it",
    6: "the device is busy",
    10: "the gateway has no path to the device",
    11: "the device behind the gateway does not answer",
}
"""What an exception of the protocol means, by code."""


def explained(code: int) -> str:
    """An exception of the protocol in words."""
    return EXCEPTIONS.get(code, f"the device answered with exception {code}")


class HungUpError(ConnectionError):
    """The device accepted a connection, and closed it."""

    def __init__(self) -> None:
        super().__init__("the device closed the connection")


class ModbusDevice:
    """A connection that is made when asked for, and never by itself again."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        silence("pymodbus", "pymodbus.logging")
        self.host, self.port, self.timeout = host, port, timeout
        self.client: Any = None

    @property
    def connected(self) -> bool:
        """Whether the TCP connection stands."""
        if self.client is None or not self.client.connected:
            return False
        # A connection that is closed while the library still waits for it to be made is kept by
        # the library as one that stands.
        return not self.client.ctx.transport.is_closing()

    async def connect(self) -> None:
        """Connect anew; raises OSError or TimeoutError when the device cannot be reached."""
        self.close()
        client = industrial("pymodbus.client").AsyncModbusTcpClient(
            self.host, port=self.port, timeout=self.timeout, retries=0, reconnect_delay=0
        )
        try:
            if not await client.connect():
                await self._say_why_not()
        except BaseException:
            client.close()
            raise
        self.client = client

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        client, self.client = self.client, None
        if client is not None:
            client.close()

    def lost(self, error: Exception) -> str:
        """Why it cannot be reached, in words, with its address."""
        address = f"{self.host}:{self.port}"
        if isinstance(error, ConnectionRefusedError):
            return f"{address}: connection refused"
        if isinstance(error, TimeoutError):
            return f"{address}: {error}" if str(error) else f"{address}: no answer"
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"{address}: {text}"

    async def _say_why_not(self) -> NoReturn:
        """Raise the reason: the library only says that it is not connected."""
        async with asyncio.timeout(self.timeout):
            _, writer = await asyncio.open_connection(self.host, self.port)
        writer.close()
        raise HungUpError
