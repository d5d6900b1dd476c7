"""Inputs: what a flow knows of where it reads, whatever the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.stats import FlowCounters
from fsmv2.flow.tag import Tag, Value
from fsmv2.flow.tagged_kind import TaggedKind

Values = Sequence[tuple[Tag, Value]]
"""What one poll gave."""


class InputConfig(Protocol):
    """What an input is to read, fully resolved: a frozen struct, tagged with its key."""

    DOES: ClassVar[str]
    """A verb for the reason: what it does with its tags every so often."""

    @property
    def every(self) -> float:
        """Seconds from one poll to the next."""
        ...

    @property
    def tags(self) -> Sequence[Tag]:
        """What is read."""
        ...


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What an input is handed by its flow.

    `room(n)`: whether n samples can be taken now; if not, the poll is left out, and counted.
    `take`: the values of a poll. `name`: the flow's. `shares`: what the engine's flows share.
    """

    name: str
    room: Callable[[int], bool]
    take: Callable[[Values], None]
    counters: FlowCounters
    shares: EngineShares


class Input(Protocol):
    """Reads, on the engine's loop. Its properties may be read from any thread."""

    @property
    def connected(self) -> bool:
        """Whether what it reads accepts our connection; `error` tells what is wrong beside it."""
        ...

    @property
    def error(self) -> str:
        """What is wrong, for a person; '' when nothing is."""
        ...

    @property
    def users(self) -> int:
        """Flows that share the connection to the device with this one, itself included."""
        ...

    @property
    def conflict(self) -> str:
        """A setting that another flow of the same device overrules, in words."""
        ...

    async def run(self) -> None:
        """Read until cancelled."""
        ...

    def close(self) -> None:
        """Read no more; called at the end of `run`, more than once perhaps."""
        ...


class InputKind(TaggedKind, frozen=True, kw_only=True):
    """An entry of the registry: a config, and what opens it."""

    opens: Callable[[Any, Intake], Input]


def slowest_sample(config: InputConfig) -> float:
    """Seconds within which some tag is published whose value changes."""
    return max(config.every, min(tag.min_interval for tag in config.tags))
