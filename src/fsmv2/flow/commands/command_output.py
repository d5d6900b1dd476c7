"""Where commands are carried out: what a command flow knows of it, whatever the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.tag import Value
from fsmv2.flow.tagged_kind import TaggedKind

Known = Literal["written", "refused", "failed", "unknown"]
"""What is known of a write that was tried; `refused`: nothing was sent, since it may not be now."""


class Prepared(NamedTuple):
    """What is sent to the device, in words of its protocol, and the value that it stands for."""

    words: tuple[int, ...]
    value: Value


class WriteOutcome(msgspec.Struct, frozen=True):
    """`refused` and `failed` only when the device cannot have taken the value; else `unknown`."""

    known: Known
    reason: str = ""


class WritableTag(Protocol):
    """A tag that may be written."""

    @property
    def path(self) -> str:
        """Virtual path and name: what stands behind the prefix of the subject."""
        ...


class CommandOutputConfig(Protocol):
    """A device and its tags that may be written, fully resolved: a frozen struct with its key."""

    @property
    def tags(self) -> Sequence[WritableTag]:
        """What may be written; nothing else ever is."""
        ...

    def prepare(self, tag: Any, value: Any) -> Prepared:
        """A value of JSON as the device takes it; ValueError with the reason if it cannot."""
        ...


class CommandOutput(Protocol):
    """Writes, on the engine's loop, one value at a time."""

    @property
    def error(self) -> str:
        """Why the device cannot be reached, whoever found out; '' when it can, or may."""
        ...

    @property
    def address(self) -> str:
        """Where it is, for a person."""
        ...

    @property
    def connected(self) -> bool:
        """Whether a write can be sent: the connection stands, or may be made anew at once."""
        ...

    @property
    def reached(self) -> bool:
        """Whether the device accepted our last connection, which it may have closed since."""
        ...

    async def connect(self) -> str:
        """Have a connection; why there is none, or ''."""
        ...

    async def write(
        self, tag: Any, words: Sequence[int], value: Value, refusal: Callable[[], str]
    ) -> WriteOutcome:
        """Write what was prepared, once, and wait until the device has confirmed.

        `refusal` is asked right before it is sent: what it says is why nothing is sent.
        """
        ...

    def close(self) -> None:
        """No more writes."""
        ...


class CommandOutputKind(TaggedKind, frozen=True, kw_only=True):
    """An entry of the registry: a config, and what opens it for the flow of a name."""

    opens: Callable[[Any, str, EngineShares], CommandOutput]
