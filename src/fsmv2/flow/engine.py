"""The engine protocol: what moves data, as the data flow worker sees it.

`AsyncioEngine` is the one that ships; another (a process, a compiled one) only has to do this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from fsmv2.flow.commands.refusal import Refusal, nobody_allows
from fsmv2.flow.device import DeviceStatus
from fsmv2.flow.flow_config import AnyConfig, WriteConfig
from fsmv2.flow.stats import FlowStats, WriteStats


class Refusing(Protocol):
    """Answers commands while the flow that would execute them does not run."""

    def ask(self, refusal: Refusal) -> None:
        """The reason is this one's from now on, if it has one. From any thread."""
        ...

    def stats(self) -> WriteStats:
        """What was refused so far, from any thread."""
        ...


OnAccepted = Callable[[str, bytes], None]
"""Called with subject and payload of each accepted sample, on the engine's loop; must be quick."""


class Engine(Protocol):
    """Runs flows by name. The async methods may be awaited on any event loop."""

    async def start(self, config: AnyConfig, refusal: Refusal = nobody_allows) -> None:
        """Run this flow; the same config again changes nothing, another one replaces it.

        A flow that writes asks `refusal` right before each write, and that of the last call counts.
        """
        ...

    async def stop(self, name: str, *, drain: float) -> int:
        """End a flow: stop reading, send what was accepted for at most `drain` seconds.

        Returns how many accepted samples were not acknowledged in time.
        """
        ...

    def refusing(self, config: WriteConfig) -> AbstractAsyncContextManager[Refusing]:
        """Inside, commands are refused with the reason as long as nothing executes them."""
        ...

    def stats(self, name: str) -> FlowStats | None:
        """The figures of a flow, from any thread, without waiting; None: there is no such flow."""
        ...

    def config(self, name: str) -> AnyConfig | None:
        """The config a flow runs with, from any thread; None: there is no such flow."""
        ...

    def refusal(self, name: str) -> Refusal | None:
        """What a flow asks before it writes, from any thread; None: there is no such flow."""
        ...

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many accepted samples of which flow were lost, because the engine was closed."""
        ...

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """What the flows' connection to a device's address knows of it, from any thread.

        None: no flow of this engine uses the address.
        """
        ...

    async def aclose(self) -> None:
        """End every flow and free everything."""
        ...
