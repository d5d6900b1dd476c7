"""A spec with every kind of field, and the lookup of its type."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fsmv2.errors import UnknownWorkerTypeError
from fsmv2.model import (
    UserSpec,
)


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a spec."""

    name: str
    address: Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A part with a rule of its own, and open to fields it does not know."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is over high")


class PlcSpec(UserSpec):
    """A spec with every kind of field the walk knows."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 502
    registers: tuple[Register, ...] = ()
    by_name: dict[str, Register] = msgspec.field(default_factory=dict)
    pair: list[Register] = msgspec.field(default_factory=list)
    spare: Register | None = None
    limits: Range | None = None
    either: int | str = 0


def spec_type_of(worker_type: str) -> type[UserSpec]:
    """What a factory would answer."""
    if worker_type != "plc":
        raise UnknownWorkerTypeError(f"Unknown worker type '{worker_type}'.")
    return PlcSpec
