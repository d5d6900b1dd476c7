"""Polls one unit of a device on a fixed rate, and hands each poll's values on."""

from __future__ import annotations

import asyncio

from fsmv2.flow.input import Intake
from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.reader import ModbusReader
from fsmv2.flow.inputs.modbus.shared_connections import Use


class ModbusPoller:
    """The input of one flow."""

    def __init__(self, config: ModbusInput, intake: Intake, use: Use) -> None:
        self._config = config
        self._counters = intake.counters
        self._room = intake.room
        self._take = intake.take
        self._use = use
        self._reader = ModbusReader(config, use.connection)
        self.error = ""

    @property
    def connected(self) -> bool:
        """Whether the device accepts our connections; `error` tells what is wrong with one that
        does, such as that it never answers."""
        # Whatever it answers, if anything, it took our connection: to begin anew on this side of
        # it repairs nothing. H63
        return bool(self._use.connection.reached)

    @property
    def users(self) -> int:
        """Flows that share the connection to the device, this one included."""
        return self._use.others + 1

    @property
    def conflict(self) -> str:
        """A setting of this flow that another one of the same device overrules, in words."""
        return self._use.conflict

    async def run(self) -> None:
        """Poll until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            began = loop.time()
            retry_at = None
            if self._room(len(self._config.registers)):
                retry_at = await self._poll(began)
            else:
                self._counters.skip_full()
            if retry_at is not None:
                # Sooner than the next poll, perhaps: a device that returns is read at once.
                due = max(retry_at, loop.time())
            else:
                due += self._config.every
                behind = loop.time() - due
                if behind > 0:
                    # Slots that passed meanwhile are left out: values of the past cannot be read.
                    left_out = -(-behind // self._config.every)
                    due += left_out * self._config.every
                    self._counters.skip_slow(int(left_out))
            await asyncio.sleep(max(0.0, due - loop.time()))

    def close(self) -> None:
        """No more polls: the connection is left to its other users."""
        self._use.release()

    async def _poll(self, began: float) -> float | None:
        """One poll; returns when to try again if it could not be carried through."""
        self._counters.polls += 1
        reading = await self._reader.read()
        self.error = "; ".join(reading.errors)
        for _ in reading.errors:
            self._counters.fail("read")
        if reading.values:
            self._take(reading.values)
        if reading.retry_at is None:
            self._counters.polled(began, asyncio.get_running_loop().time())
        return reading.retry_at
