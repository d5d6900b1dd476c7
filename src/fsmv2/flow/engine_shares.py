"""What the flows of one engine share: a connection to a device, say, that has room for one client.

Each protocol keeps its own; the engine knows only that it is there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, runtime_checkable

from fsmv2.flow.device import DeviceStatus

T = TypeVar("T")


@runtime_checkable
class KnowsDevices(Protocol):
    """Has connections to devices."""

    def status(self, host: str, port: int) -> DeviceStatus | None:
        """What is known of an address, from any thread; None: nobody uses it."""
        ...


class EngineShares:
    """One of each kind, made when it is first asked for. Runs on the engine's loop."""

    def __init__(self) -> None:
        self._made: dict[Callable[[], Any], Any] = {}
        self._knowing: tuple[KnowsDevices, ...] = ()

    def of(self, make: Callable[[], T]) -> T:
        """What `make` made, the first time."""
        found = self._made.get(make)
        if found is None:
            self._made[make] = found = make()
            if isinstance(found, KnowsDevices):
                # A new tuple: `device` looks from another thread, a thousand times a second, and
                # to ask there which of them is one would take a fifth of that thread.
                self._knowing = (*self._knowing, found)
        return found

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """What is known of an address, from any thread; None: no flow uses it."""
        for one in self._knowing:
            if (status := one.status(host, port)) is not None:
                return status
        return None

    async def aclose(self) -> None:
        """Close what can be closed."""
        for one in self._made.values():
            if inspect.iscoroutinefunction(close := getattr(one, "aclose", None)):
                await close()
