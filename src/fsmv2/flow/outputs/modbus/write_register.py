"""One tag of a Modbus device that may be written: a holding register or a coil, and its limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, ModbusTag, tag_problems
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

    kind: Templated[Literal["holding", "coil"]] = "holding"
    min: Templated[int | float] | None = None
    max: Templated[int | float] | None = None
    read_back: Templated[bool] = False

    @property
    def path(self) -> str:
        """Virtual path and name: what stands behind the prefix of the subject."""
        return f"{self.virtual_path}.{self.name}" if self.virtual_path else self.name


def write_register_problems(register: WriteRegister) -> Iterator[Problem]:
    """Everything that is wrong with a tag that may be written."""
    for problem in unclean(register.name, what="tag name"):
        yield "name", problem
    yield from tag_problems(register)
    if register.name == REPLY:
        yield "", f"'{REPLY}' is where answers go; give the tag another name"
    if register.kind not in ("holding", "coil"):
        yield (
            "",
            (
                f"a {register.kind} cannot be written, by the protocol; only a holding register "
                "or a coil can"
            ),
        )
    elif register.type == "bool" and register.kind not in BIT_KINDS:
        yield "", "a bool is written to a coil; a whole register is a number, such as uint16"
    if register.scale == 0:
        yield "", "scale 0 cannot be undone"
    limits = [limit for limit in (register.min, register.max) if limit is not None]
    if limits and register.type in ("bool", "string"):
        yield "", f"a {register.type} has no min or max"
    if any(isinstance(limit, float) and not math.isfinite(limit) for limit in limits):
        yield "", "min and max must be numbers to compare with"
    elif len(limits) == 2 and limits[0] > limits[1]:
        least, most = plain(limits[0]), plain(limits[1])
        yield "", f"min {least} is above max {most}: nothing could be written"
