"""A schema with every kind of field, for the tests of the typed decoder."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from fsmv2.errors import SpecError
from fsmv2.model.decoder import Duration, Templated

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Mode(enum.Enum):
    """How fast."""

    FAST = "fast"
    SLOW = "slow"


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A device."""

    host: Templated[Name]
    port: Templated[Port]
    timeout: Templated[Annotated[Duration, msgspec.Meta(gt=0, le=60)]] = 1.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Values with rules of their own."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low < 0:
            raise SpecError("low is negative.", path="low", fix="Write 0 or more.")
        if self.low > self.high:
            raise ValueError("low is above high")


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A tag."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z]+$", max_length=8)]
    type: Literal["int16", "uint16"] = "int16"
    scale: float | None = None


class Bridge(msgspec.Struct, frozen=True, kw_only=True):
    """A bridge."""

    name: Name
    enabled: bool = True
    connection: Connection | None = None
    limits: Limits | None = None
    mode: Mode = Mode.FAST
    every: Duration = 1.0
    registers: list[Register] = []
    pair: tuple[int, str] = (1, "a")
    tags: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=2)] = ("x",)
    either: int | str | None = None


class Plant(msgspec.Struct, frozen=True, kw_only=True, rename={"global_": "global"}):
    """The whole."""

    ALIASES: ClassVar[Mapping[str, str]] = {"protocolConverter": "bridges"}

    agent: dict[str, Any]
    global_: Mapping[str, Any] = {}
    bridges: list[Bridge] = []
