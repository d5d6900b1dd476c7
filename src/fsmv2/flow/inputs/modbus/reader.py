"""Reads one unit of a device: all its tags once, over a connection that others may share.

The unit of success is the request, not the poll: what was answered is handed on, whatever becomes
of the rest, and a poll that had to end early begins the next time behind where it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from fsmv2.flow.inputs.modbus.device_error import (
    UNIT_IS_AWAY,
    DeviceError,
    NoAnswerError,
    NotSentError,
    RefusedError,
    WrongAnswerError,
    explained,
)
from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.modbus_connection import ModbusConnection
from fsmv2.flow.inputs.modbus.read_plan import ReadBlock, block_of
from fsmv2.flow.inputs.modbus.read_splitting import SPLITTABLE, ReadPlan, search
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.flow.inputs.modbus.register_codec import decode
from fsmv2.flow.inputs.modbus.request import read_request
from fsmv2.flow.tag import Value

SILENT_BASE = 1.0
SILENT_CAP = 60.0
"""Seconds a request that is not answered is left out while its unit answers others."""
CHANCES = 2
"""How often in a row a request is not answered, while its unit answers others, before it is split:
once may be a moment's trouble."""


class Reading(msgspec.Struct, frozen=True):
    """All values that one poll gave, and what went wrong with the others, each with its tags.

    `retry_at`: when the device is to be tried again, in seconds of the loop's clock; None: the poll
    came to its end, and the next one is due as always.
    """

    values: tuple[tuple[Register, Value], ...]
    errors: tuple[str, ...]
    retry_at: float | None = None


class _Held(msgspec.Struct):
    """A request that its unit does not answer, although it answers others."""

    error: str
    failures: int = 0
    retry_at: float = 0.0


class ModbusReader:
    """Reads over `connection`, or over one of its own."""

    def __init__(self, config: ModbusInput, connection: ModbusConnection | None = None) -> None:
        self._config = config
        self._own = connection is None
        self._connection = connection or ModbusConnection(config.host, config.port)
        self._plan = ReadPlan(config.registers, config.max_gap)
        self._first: int | None = None
        self._suspects: dict[ReadBlock, str] = {}
        self._held: dict[ReadBlock, _Held] = {}
        self._probes = 0
        self._values: list[tuple[Register, Value]] = []
        self._errors: list[str] = []

    async def read(self) -> Reading:
        """Ask for every tag once; never raises for what the device does."""
        self._values, self._errors = [], []
        retry_at: float | None = None
        for block in self._in_order():
            if self._held and (error := self._left_out(block)):
                self._errors.append(error)
                continue
            try:
                if block in self._suspects and len(block.registers) > 1:
                    await self._probe(block)
                    held = self._held.get(block)
                    if held is not None and block not in self._plan.blocks(_now()):
                        self._errors.append(held.error)
                        continue  # its parts are asked for in the next poll
                await self._read_block(block)
            except (NotSentError, NoAnswerError) as error:
                self._broke_off(block, error)
                retry_at = max(_now(), self._connection.retry_at(self._config.unit))
                break
        if note := self._connection.take_note():
            self._errors.append(note)
        return Reading(tuple(self._values), tuple(self._errors), retry_at)

    def close(self) -> None:
        """Close a connection of its own."""
        if self._own:
            self._connection.close()

    # ---- in what order -----------------------------------------------------------------------

    def _in_order(self) -> Sequence[ReadBlock]:
        """The requests of this poll: first what the last one did not come to."""
        blocks = self._plan.blocks(_now())
        if self._held or self._suspects:  # the requests may be others now
            self._held = {block: held for block, held in self._held.items() if block in blocks}
            self._suspects = {b: error for b, error in self._suspects.items() if b in blocks}
        first, self._first = self._first, None
        if first is None:
            return blocks
        return blocks[first % len(blocks) :] + blocks[: first % len(blocks)]

    def _left_out(self, block: ReadBlock) -> str:
        """Why a request is not to be sent now; '' when it is."""
        held = self._held.get(block)
        return held.error if held is not None and _now() < held.retry_at else ""

    def _broke_off(self, block: ReadBlock, error: DeviceError) -> None:
        """The rest of this poll cannot be had."""
        config = self._config
        self._errors.append(f"{config.host}:{config.port}: {error}")
        if isinstance(error, NoAnswerError):
            blocks = self._plan.blocks(_now())
            self._first = blocks.index(block) + 1 if block in blocks else None
            if not error.closed:
                self._suspects[block] = f"{block.names}: {error}"

    # ---- one request -------------------------------------------------------------------------

    async def _probe(self, block: ReadBlock) -> None:
        """Ask for one tag of a request that was not answered: is it the request, or the unit?

        Of a unit that is away, this costs what the request itself would. Another tag each time, in
        case it is the one that is to blame.
        """
        tag = block.registers[self._probes % len(block.registers)]
        self._probes += 1
        had = len(self._values), len(self._errors)
        await self._ask(block_of([tag]))
        del self._values[had[0] :], self._errors[had[1] :]  # it is asked for again at once

    async def _read_block(self, block: ReadBlock) -> None:
        """Read a block, or its parts if the device refuses it as a whole."""
        code = await self._ask(block)
        if not code:
            return
        if self._plan.may_search(block, code, _now()):
            self._plan.learn(await search(block, code, self._read_part), _now())
        elif len(block.registers) > 1:
            self._errors.append(f"{block.names}: {explained(code)}")

    async def _read_part(self, part: ReadBlock) -> int | None:
        try:
            return await self._ask(part)
        except NoAnswerError as error:
            if not error.closed:
                self._plan.read_apart((part,), _now())
            raise

    async def _ask(self, block: ReadBlock) -> int | None:
        """Ask for a block and take in its answer; returns what `Ask` says."""
        config = self._config
        request = read_request(config.unit, block.kind, block.address, block.count)
        try:
            words = await self._connection.ask(request, timeout=config.timeout)
        except RefusedError as error:
            if error.code in UNIT_IS_AWAY:
                raise NoAnswerError(str(error), closed=False) from None
            self._unit_answered(block)
            split = error.code in SPLITTABLE
            if not split or len(block.registers) == 1:
                self._errors.append(f"{block.names}: {error}")
            return error.code if split else None
        except WrongAnswerError as error:
            self._errors.append(f"{block.names}: {error}")
            return None
        self._answered(block, words)
        return 0

    def _answered(self, block: ReadBlock, words: Sequence[int]) -> None:
        self._plan.answered(block)
        self._unit_answered(block)
        config = self._config
        for register in block.registers:
            start = register.address - block.address
            part = words[start : start + register.width]
            try:
                value = decode(
                    register, part, word_order=config.word_order, byte_order=config.byte_order
                )
            except (ValueError, OverflowError) as error:
                self._errors.append(str(error))
            else:
                self._values.append((register, value))

    def _unit_answered(self, block: ReadBlock) -> None:
        """Its unit lives: what it does not answer is to cost its neighbours less and less."""
        self._held.pop(block, None)
        self._suspects.pop(block, None)
        for silent, error in self._suspects.items():
            held = self._held.setdefault(silent, _Held(error))
            held.retry_at = _now() + min(SILENT_CAP, SILENT_BASE * 2 ** min(held.failures, 10))
            held.failures += 1
            often = held.failures >= CHANCES or self._plan.is_part(silent)
            if often and len(silent.registers) > 1:
                self._plan.silent(silent, _now())
        self._suspects.clear()


def _now() -> float:
    return asyncio.get_running_loop().time()
