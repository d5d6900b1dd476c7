"""Polls one device on a fixed rate, reconnects, and hands each poll's values on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fsmv2.flow.config import ModbusInput
from fsmv2.flow.modbus.device import HungUpError
from fsmv2.flow.modbus.reader import ModbusReader, Reading
from fsmv2.flow.stats import Counters

RECONNECT_BASE = 0.2
RECONNECT_CAP = 2.0
"""Seconds between attempts to connect: a device that returns is read again within two seconds."""


class ModbusPoller:
    """The input of one flow. `room()` says whether a poll's samples can be taken now."""

    def __init__(
        self,
        config: ModbusInput,
        counters: Counters,
        room: Callable[[int], bool],
        take: Callable[[Reading], None],
    ) -> None:
        self._config = config
        self._counters = counters
        self._room = room
        self._take = take
        self._reader = ModbusReader(config)
        self.connected = False
        """Whether the device accepts our connections; `error` tells what is wrong with one that
        does, such as that it never answers."""
        self.error = ""

    async def run(self) -> None:
        """Poll until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        failures = 0
        try:
            while True:
                try:
                    await self._connect()
                    await self._poll()
                except (OSError, TimeoutError) as error:
                    # Also of a read: a device that accepts and hangs up is not to be stormed.
                    self._counters.fail()
                    self.error = self._reader.lost(error)
                    self._reader.close()
                    await asyncio.sleep(min(RECONNECT_CAP, RECONNECT_BASE * 2**failures))
                    failures = min(failures + 1, 10)
                    due = loop.time()
                    continue
                failures = 0
                due += self._config.every
                behind = loop.time() - due
                if behind > 0:
                    # Slots that passed meanwhile are left out: values of the past cannot be read.
                    due += -(-behind // self._config.every) * self._config.every
                await asyncio.sleep(max(0.0, due - loop.time()))
        finally:
            self._reader.close()
            self.connected = False

    async def _connect(self) -> None:
        if self._reader.connected:
            return
        try:
            await self._reader.connect()
        except (OSError, TimeoutError) as error:
            self.connected = isinstance(error, HungUpError)
            raise

    async def _poll(self) -> None:
        if not self._room(len(self._config.registers)):
            self._counters.skipped += 1
            return
        self._counters.polls += 1
        try:
            reading = await self._reader.read()
        finally:
            # Whatever it answers, if anything, it took our connection: to begin anew on this side
            # of it mends nothing. H63
            self.connected = True
        self.error = "; ".join(reading.errors)
        for _ in reading.errors:
            self._counters.fail()
        self._take(reading)
