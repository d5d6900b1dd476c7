"""One tag of a Modbus device that may be written: a holding register or a coil, and its limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, ModbusTag, tag_problems
from fsmv2.flow.inputs.modbus.register_words import WRITTEN_KINDS
from fsmv2.flow.subject import REPLY
from fsmv2.flow.tag import Problem, unclean
from fsmv2.model.decoder import Templated


def plain(number: int | float) -> str:
    """A number as a person writes it, with all its digits: 10, not 10.0."""
    return repr(number).removesuffix(".0")


class WriteRegister(ModbusTag, frozen=True, kw_only=True):
    """One entry of `registers:` below `write:`, a tag that may be written.

    `min` and `max` limit the value as it is sent, in its own unit, and to its last digit: a whole
    number stays one. `read_back`: read the register after the device has confirmed, and call the
    write done only if it reads the same.
    """

    kind: Annotated[Templated[Literal["holding", "coil"]], WRITTEN_KINDS] = "holding"
    """holding: a register; coil: a bit."""
    min: Templated[int | float] | None = None
    """The least value that is written; one below is refused."""
    max: Templated[int | float] | None = None
    """The greatest value that is written; one above is refused."""
    read_back: Templated[bool] = False
    """true: the register is read after the write, and must hold the value."""

    @property
    def path(self) -> str:
        """Virtual path and name: what stands behind the prefix of the subject."""
        return f"{self.virtual_path}.{self.name}" if self.virtual_path else self.name


def write_register_problems(register: WriteRegister) -> Iterator[Problem]:
    """Everything that is wrong with a tag that may be written."""
    yield from unclean("name", register.name, what="tag name")
    yield from tag_problems(register)
    if register.name == REPLY:
        yield Problem("name", f"'{REPLY}' is where answers go", "Give the tag another name.")
    if register.kind not in ("holding", "coil"):
        yield Problem(
            "kind",
            f"a register of the kind {register.kind!r} can only be read, by the protocol",
            "Write `kind: holding` or `kind: coil`, if the device has the value there.",
        )
    elif register.type == "bool" and register.kind not in BIT_KINDS:
        yield Problem(
            "type",
            "a bool is written to a coil; a whole register is a number, such as uint16",
            "Write `kind: coil`, or a type such as `type: uint16`.",
        )
    if register.scale == 0:
        yield Problem(
            "scale",
            "scale 0 makes 0 of every number, so none can be written",
            "Write another scale, or remove it.",
        )
    limits = [limit for limit in (register.min, register.max) if limit is not None]
    if limits and register.type in ("bool", "string"):
        yield Problem(
            "min" if register.min is not None else "max",
            f"a {register.type} has no min or max",
            "Remove it; both, if there are two.",
        )
    if any(isinstance(limit, float) and not math.isfinite(limit) for limit in limits):
        yield Problem("", "min and max must be finite numbers", "Write numbers, or remove them.")
    elif len(limits) == 2 and limits[0] > limits[1]:
        least, most = plain(limits[0]), plain(limits[1])
        yield Problem(
            "min",
            f"min {least} is above max {most}: nothing could be written",
            f"Write `min: {most}` and `max: {least}`, if they were exchanged.",
        )
