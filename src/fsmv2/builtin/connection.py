"""`connection`: whether a device can be reached by TCP, how fast, and whether it flaps.

It only looks; a device that cannot be reached is shown with the reason and never restarted for
that (H63). While a data flow is connected to the device, or tries to be, what happens to that
connection is the proof, and nothing else is opened: many devices have room for one client, and a
second one would be refused, or throw off the first (H73). Only when no flow is there to tell, the
worker opens a short TCP connection each second.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated, Literal

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
from fsmv2.flow import DeviceStatus, Engine, device_claim, looking
from fsmv2.host.tcp_probe import probe_tcp

FLAP_WINDOW = 60.0
"""Seconds over which changes of reachability are counted."""
FLAPS = 4
"""Changes within the window from which a connection counts as flapping: down and up, twice."""


TOLD_LATELY = 5.0
"""Seconds for which the end of a flow's last attempt to connect is the proof; flows that are not
connected try again sooner than that, or are not due."""


TOLERATED = 0.25
"""Part of the timeout by which our own lateness may falsify it."""


class ConnectionSpec(UserSpec):
    """Where the device is. `timeout` in seconds; slower than `slow_ms` counts as degraded."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    timeout: float = 1.0
    slow_ms: float = 500.0


class ConnectionObserved(ObservedState):
    """The last look. `changes` counts reachability changes within the flap window.

    `proof`: what shows whether it is reachable. `answers`: a data flow is connected and gets
    answers; `connected`: it is or was connected, without an answer yet; `failed`: it could not
    connect; `probe`: a connection that was opened to see.
    """

    proof: Literal["", "answers", "connected", "failed", "probe"] = ""
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

    def add(self, reachable: bool, now: float) -> int:
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

    runbook = "fsmv2:connection"
    manual_steps = (
        "Look whether the device is switched on and its cable is in.",
        "From this machine, try its address and port with another program.",
        "If the address is wrong, correct the bridge's variables: they apply without a restart.",
    )

    interval = 1.0
    observe_timeout = 2.2
    update_policy = "in_place"

    def __init__(self, engine: Engine | None = None) -> None:
        """`engine`: whose flows may be connected to the device."""
        self._engine = engine

    def derive_desired_state(
        self, spec: ConnectionSpec, previous_observed: ConnectionObserved | None
    ) -> DesiredState:
        """Up, at the address of the spec."""
        return DesiredState(
            state="up",
            config={"address": f"{spec.host}:{spec.port}"},
            claims=(device_claim(spec.host, spec.port),),
        )

    @contextlib.asynccontextmanager
    async def resources(self, spec: ConnectionSpec) -> AsyncIterator[History]:
        """The history of looks."""
        yield History()

    async def collect_observed_state(
        self, spec: ConnectionSpec, resources: Resources[History]
    ) -> ConnectionObserved:
        """Ask the flows; if they have nothing to tell, open a TCP connection and close it again."""
        known = self._status_from_flows(spec)
        if known is None:
            with looking(spec.host, spec.port):
                known = self._status_from_flows(spec)  # again: one may have begun to connect
                if known is None:
                    return await self._probed(spec, resources)
        proof: Literal["answers", "connected", "failed"] = "connected"
        if not known.reached:
            proof = "failed"
        elif known.answers:
            proof = "answers"
        return ConnectionObserved(
            reachable=bool(known.reached),
            error="" if known.reached else f"{spec.host}:{spec.port}: {known.error}",
            changes=resources.value.add(bool(known.reached), time.monotonic()),
            # What a connect took is known of the moment of the connect alone.
            slow=known.answers and known.latency_ms > spec.slow_ms,
            latency_ms=round(known.latency_ms, 1),
            proof=proof,
        )

    def _status_from_flows(self, spec: ConnectionSpec) -> DeviceStatus | None:
        """What the connection of the flows proves; None: nothing, and a probe disturbs nobody."""
        known = self._engine.device(spec.host, spec.port) if self._engine is not None else None
        if known is None or known.connected:
            return known
        if known.connecting and known.reached is None:
            raise TemporaryError(
                f"cannot tell yet whether {spec.host}:{spec.port} answers: "
                "a data flow is connecting"
            )
        lately = time.monotonic() - known.attempted_at < TOLD_LATELY
        return known if known.connecting or (lately and known.reached is not None) else None

    async def _probed(
        self, spec: ConnectionSpec, resources: Resources[History]
    ) -> ConnectionObserved:
        began = time.perf_counter()
        error = ""
        try:
            await probe_tcp(spec.host, spec.port, within=spec.timeout)
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
            changes=resources.value.add(not error, time.monotonic()),
            slow=not error and latency > spec.slow_ms,
            latency_ms=round(latency, 1),
            proof="probe",
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
        return self._judge(s) or stay(_answers(s))

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
        target, reason = self.up, _answers(s)
        if not s.observed.reachable:
            target, reason = self.down, s.observed.error
        elif s.observed.slow or s.observed.changes >= FLAPS:
            target, reason = self.degraded, _trouble(s)
        here = getattr(self, s.state)
        return None if target == here else goto(target, reason)


def _answers(s: Snap) -> str:
    """That the device can be reached, and what shows it."""
    address = f"{s.spec.host}:{s.spec.port}"
    return {
        "answers": f"{address} answers: a data flow is connected to it",
        "connected": f"{address} accepts our connection, and has answered nothing on it yet",
        "probe": f"{address} answers: it accepted a test connection",
    }.get(s.observed.proof, f"{address} answers")


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
