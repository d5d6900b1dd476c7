"""`connection`: whether a device can be reached by TCP, how fast, and whether it flaps.

It only looks; a device that cannot be reached is shown with the reason and never restarted for
that (H63). One short TCP connection each second is what a device sees of it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec

from fsmv2 import (
    DesiredState,
    NameLookupError,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    TemporaryError,
    UserSpec,
    Volatile,
    Worker,
    goto,
    state,
    stay,
)
from fsmv2.builtin.reach import reach

FLAP_WINDOW = 60.0
"""Seconds over which changes of reachability are counted."""
FLAPS = 4
"""Changes within the window from which a connection counts as flapping: down and up, twice."""


TOLERATED = 0.25
"""Part of the time-out by which our own lateness may falsify it."""


class ConnectionSpec(UserSpec):
    """Where the device is. `timeout` in seconds; slower than `slow_ms` counts as degraded."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    timeout: float = 1.0
    slow_ms: float = 500.0


class ConnectionObserved(ObservedState):
    """The last look. `changes` counts reachability changes within the flap window."""

    reachable: bool = False
    error: str = ""
    changes: int = 0
    slow: bool = False
    latency_ms: Volatile[float] = 0.0


class History:
    """When reachability changed lately; kept between collections."""

    def __init__(self) -> None:
        self.reachable: bool | None = None
        self.changes: deque[float] = deque(maxlen=100)

    def note(self, reachable: bool, now: float) -> int:
        """Take in one look; returns the changes within the window."""
        if self.reachable is not None and reachable is not self.reachable:
            self.changes.append(now)
        self.reachable = reachable
        while self.changes and now - self.changes[0] > FLAP_WINDOW:
            self.changes.popleft()
        return len(self.changes)


Snap = Snapshot[ConnectionSpec, ConnectionObserved]


class Connection(Worker[ConnectionSpec, ConnectionObserved, History]):
    """stopped → connecting → up ⇄ degraded ⇄ down."""

    manual_steps = (
        "Look whether the device is switched on and its cable is in.",
        "From this machine, try its address and port with another program.",
        "If the address is wrong, correct the bridge's variables: they apply without a restart.",
    )

    interval = 1.0
    observe_timeout = 2.2
    update_policy = "in_place"

    def derive_desired_state(
        self, spec: ConnectionSpec, previous_observed: ConnectionObserved | None
    ) -> DesiredState:
        """Up, at the address of the spec."""
        return DesiredState(state="up", config={"address": f"{spec.host}:{spec.port}"})

    @contextlib.asynccontextmanager
    async def resources(self, spec: ConnectionSpec) -> AsyncIterator[History]:
        """The history of looks."""
        yield History()

    async def collect_observed_state(
        self, spec: ConnectionSpec, resources: Resources[History]
    ) -> ConnectionObserved:
        """Open one TCP connection and close it again."""
        began = time.perf_counter()
        error = ""
        try:
            await reach(spec.host, spec.port, within=spec.timeout)
        except (NameLookupError, TimeoutError) as raised:
            if resources.late() > TOLERATED * spec.timeout:
                raise TemporaryError(
                    f"cannot tell whether {spec.host}:{spec.port} answers: this machine is too "
                    f"busy to look (late by {resources.late():.1f} s)"
                ) from None
            error = f"no answer from {spec.host}:{spec.port} within {spec.timeout:g} s"
            if isinstance(raised, NameLookupError):
                error = str(raised)
        except OSError as raised:
            error = f"{spec.host}:{spec.port}: {_plain(raised)}"
        latency = max(0.0, time.perf_counter() - began - resources.late()) * 1000
        return ConnectionObserved(
            reachable=not error,
            error=error,
            changes=resources.value.note(not error, time.monotonic()),
            slow=not error and latency > spec.slow_ms,
            latency_ms=round(latency, 1),
        )

    @state("stopped", to="connecting")
    def stopped(self, s: Snap) -> Step:
        """Not asked to look."""
        return stay("asked to be stopped") if s.should_stop else goto(self.connecting, "starts")

    @state("starting", to="up degraded down stopped")
    def connecting(self, s: Snap) -> Step:
        """Before the first answer of the device."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return self._judge(s) or stay("looks for the device")

    @state("running", to="degraded down stopped")
    def up(self, s: Snap) -> Step:
        """The device answers."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return self._judge(s) or stay(f"{s.spec.host}:{s.spec.port} answers")

    @state("degraded", to="up down stopped")
    def degraded(self, s: Snap) -> Step:
        """The device answers slowly, or comes and goes."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return self._judge(s) or stay(_trouble(s))

    @state("degraded", to="up degraded stopped")
    def down(self, s: Snap) -> Step:
        """The device does not answer."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return self._judge(s) or stay(s.observed.error)

    def _judge(self, s: Snap) -> Step | None:
        """The state that the last look calls for, or None when it is this one already."""
        target, reason = self.up, f"{s.spec.host}:{s.spec.port} answers"
        if not s.observed.reachable:
            target, reason = self.down, s.observed.error
        elif s.observed.slow or s.observed.changes >= FLAPS:
            target, reason = self.degraded, _trouble(s)
        here = getattr(self, s.state)
        return None if target == here else goto(target, reason)


def _trouble(s: Snap) -> str:
    if s.observed.changes >= FLAPS:
        return f"flaps: {s.observed.changes} changes within {FLAP_WINDOW:.0f} s"
    return f"answers slower than {s.spec.slow_ms:.0f} ms"


def _plain(error: OSError) -> str:
    """The operating system's words, without Python's."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused (the device is on the network, nothing listens on this port)"
    if error.errno is not None and error.errno > 0:  # asyncio puts its own words in its place
        return os.strerror(error.errno).lower()
    return (error.strerror or str(error) or type(error).__name__).lower()
