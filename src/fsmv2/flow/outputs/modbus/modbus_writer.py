"""Writes single tags of one Modbus device, and says for each what is known of its outcome."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fsmv2.flow.commands.command_output import WriteOutcome
from fsmv2.flow.inputs.modbus.device_error import (
    NOT_DONE,
    DeviceError,
    NoAnswerError,
    NotSentError,
    RefusedError,
    RequestDroppedError,
    WrongAnswerError,
)
from fsmv2.flow.inputs.modbus.modbus_connection import Refusal
from fsmv2.flow.inputs.modbus.register_codec import decode
from fsmv2.flow.inputs.modbus.request import read_request, write_request
from fsmv2.flow.inputs.modbus.shared_connections import Use
from fsmv2.flow.outputs.modbus.modbus_write_config import ModbusOutput
from fsmv2.flow.outputs.modbus.write_encoding import BITS
from fsmv2.flow.outputs.modbus.write_register import WriteRegister
from fsmv2.flow.tag import Value

UNDECIDED = {
    4: "the device failed while it worked on it, possibly after it had taken the value",
    5: "the device accepted it and is still working on it",
    11: "the gateway passed it on, and the device behind it did not answer",
}
"""What some exceptions mean for a write, where it is more than what they mean for any request."""


class ModbusWriter:
    """Writes over a connection that it shares with what reads. One write at a time."""

    def __init__(self, config: ModbusOutput, use: Use) -> None:
        self._config = config
        self._use = use
        self._connection = use.connection

    @property
    def error(self) -> str:
        """Why the device cannot be reached, whoever found out; '' when it can, or may."""
        return self._at(self._connection.error)

    @property
    def connected(self) -> bool:
        """Whether a write can be sent: the connection stands, or may be made anew at once."""
        return self._connection.usable

    @property
    def reached(self) -> bool:
        """Whether the device accepted our last connection, which it may have closed since."""
        return bool(self._connection.reached)

    async def connect(self) -> str:
        """Have a connection; why there is none, or ''."""
        try:
            await self._connection.connect(self._config.timeout)
        except NotSentError as error:
            return self._at(str(error))
        return ""

    @property
    def address(self) -> str:
        """Where the device is, for a person."""
        return str(self._config.reach)

    def _at(self, reason: str) -> str:
        return f"{self.address}: {reason}" if reason else ""

    def close(self) -> None:
        """No more writes: the connection is left to its other users."""
        self._use.release()

    async def write(
        self,
        register: WriteRegister,
        words: Sequence[int],
        value: Value,
        refusal: Refusal,
    ) -> WriteOutcome:
        """Write `words`, which stand for `value`, and wait until the device has confirmed.

        Tried once. Whatever is not understood about an answer makes the outcome unknown.
        `refusal` is asked right before the request is sent, when nothing is waited for any more:
        what it says is why nothing is sent. To read back what was sent needs no permission.
        """
        config = self._config
        request = write_request(config.unit, register.kind, register.address, words)
        try:
            await self._connection.ask(
                request, timeout=config.timeout, urgent=True, refusal=refusal
            )
        except RequestDroppedError as error:
            return WriteOutcome("refused", str(error))
        except NotSentError as error:
            return WriteOutcome("failed", f"{error}; nothing was written")
        except RefusedError as error:
            if error.code in NOT_DONE:
                return WriteOutcome("failed", str(error))
            if error.code in UNDECIDED:
                return WriteOutcome("unknown", f"{UNDECIDED[error.code]} (exception {error.code})")
            return WriteOutcome("unknown", f"{error}; whether it was written is unknown")
        except WrongAnswerError as error:
            if error.took is not None:
                taken = self._shown(register, (error.took,))
                return WriteOutcome("failed", f"the device took {taken}, not {_json(value)}")
            return WriteOutcome("unknown", f"{error}; whether it was written is unknown")
        except NoAnswerError as error:
            before = " before it confirmed" if error.closed else ""
            return WriteOutcome("unknown", f"{error}{before}; whether it was written is unknown")
        if not register.read_back:
            return WriteOutcome("written")
        return await self._read_back(register, tuple(words), value)

    async def _read_back(
        self, register: WriteRegister, written: tuple[int, ...], value: Value
    ) -> WriteOutcome:
        config = self._config
        confirmed = "the device confirmed, but what it holds now could not be read back"
        request = read_request(config.unit, register.kind, register.address, register.width)
        try:
            words = await self._connection.ask(request, timeout=config.timeout, urgent=True)
            now = self._decode(register, words)
        except (DeviceError, ValueError, OverflowError) as error:
            return WriteOutcome("unknown", f"{confirmed}: {error}")
        if now != value:
            return WriteOutcome(
                "failed", f"the device confirmed, but now holds {_json(now)} and not {_json(value)}"
            )
        # With a scale, several whole numbers of a register can be the same float.
        if register.type in BITS and words != written:
            return WriteOutcome(
                "failed",
                f"the device confirmed, but now holds the registers {_list(words)} and not "
                f"{_list(written)}",
            )
        return WriteOutcome("written")

    def _decode(self, register: WriteRegister, words: Sequence[int]) -> Value:
        config = self._config
        return decode(register, words, word_order=config.word_order, byte_order=config.byte_order)

    def _shown(self, register: WriteRegister, words: Sequence[int]) -> str:
        try:
            return _json(self._decode(register, words))
        except (ValueError, OverflowError):
            return f"the raw value {words[0]}"


def _list(words: Sequence[int]) -> str:
    return ", ".join(map(str, words))


def _json(value: Value) -> str:
    """As it stands in an answer: true, not True."""
    return msgspec.json.encode(value).decode()
