"""Outputs: what a flow knows of where it publishes, whatever the protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.nats.login import Login
from fsmv2.flow.sample import Sample
from fsmv2.flow.stats import FlowCounters
from fsmv2.flow.tag import Tag


class FlowPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow gets from its bridge, beside its own section of the document.

    `location_path`: where it stands in the namespace. `broker_server`: what the name of the server
    at `broker_url` begins with; others are not spoken to. `broker_login`: what it is shown.
    `memory`: the folder in which ids of executed commands are kept over a restart, if any.
    """

    location_path: str
    broker_url: str
    broker_server: str = ""
    broker_login: Login = Login()
    memory: str = ""


class OutputConfig(Protocol):
    """Where samples go, fully resolved: a frozen struct, tagged with its key."""

    @property
    def url(self) -> str:
        """Of the server that takes them."""
        ...

    def subject(self, tag: Tag) -> str:
        """Where the values of a tag are published."""
        ...


class Output(Protocol):
    """Publishes, on the engine's loop. Its properties may be read from any thread."""

    @property
    def connected(self) -> bool:
        """Whether samples can be sent now."""
        ...

    @property
    def error(self) -> str:
        """Why they cannot, or what else is wrong; '' when nothing is."""
        ...

    @property
    def depth(self) -> int:
        """Samples accepted and not yet acknowledged."""
        ...

    def room(self, count: int, *, beside: int = 0) -> bool:
        """Whether `count` more samples can be accepted; `beside` others take of the same room."""
        ...

    def put(self, samples: list[Sample]) -> None:
        """Accept samples; from now on they are the output's until they are acknowledged."""
        ...

    async def run(self) -> None:
        """Send until cancelled."""
        ...

    async def drained(self, within: float) -> int:
        """Wait until all is acknowledged, or `within` seconds are over; returns what is left."""
        ...

    def hand_over(self, successor: Output) -> None:
        """Have a successor that publishes elsewhere, or as somebody else, publish what is left."""
        ...

    def close(self) -> None:
        """What was not acknowledged is dropped."""
        ...

    async def release(self) -> None:
        """Give back what it shares with other flows; called last."""
        ...


def nothing_claimed(_config: Any) -> tuple[str, ...]:
    """Any number of flows may publish there side by side."""
    return ()


class OutputKind(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the registry. `section` is what a document writes below `key`; `resolve` makes
    the config of it, as SpecError when they do not fit; `opens` the output of that. `claims`: where
    a config publishes, in words, as what one flow hands over to the next."""

    key: str
    section: type[Any]
    config: type[Any]
    resolve: Callable[[Any, FlowPlace], Any]
    opens: Callable[[Any, EngineShares, FlowCounters], Output]
    claims: Callable[[Any], tuple[str, ...]] = nothing_claimed
