"""What all collectors of one tree share: loop, clock, timers, secrets, and the way to the core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from fsmv2.core import Event
from fsmv2.host.loop_lag import LoopLag
from fsmv2.model import Vault
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.coalesced_timers import CoalescedTimers
from fsmv2.runtime.log.log_writer import LogWriter

HEARTBEAT = 0.5
"""Seconds for which unchanged observations are gathered; small against the least stale limit."""


def no_state(_: str) -> str:
    """The state of a path where nobody knows it."""
    return ""


class Polled(Protocol):
    """What is called when its time has come: the collector of one worker."""

    def poll(self) -> None:
        """The interval is over."""

    def time_out(self) -> None:
        """The collection that runs takes too long."""

    def collect_soon(self) -> None:
        """What it observes by has changed."""


class CollectorServices:
    """Made by the work loop, one for a tree; used on that loop only."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        post: Callable[[Event], None],
        secrets: Vault,
        *,
        busy: Callable[[], bool],
        refusal: Callable[[str, int], str],
        state_of: Callable[[str], str] = no_state,
        log: LogWriter | None = None,
    ) -> None:
        """`post` hands an event to the core; `busy` answers whether the core has much to do.

        `refusal` answers for a path and incarnation why it may change nothing now, or nothing.
        `state_of` gives the state of a path, for `log`, into which author code logs.
        """
        self.loop = loop
        self.clock = clock
        self.post = post
        self.secrets = secrets
        self.refusal = refusal
        self.state_of = state_of
        self.log = log
        self.loop_lag = LoopLag()
        self.polls: CoalescedTimers[Polled] = CoalescedTimers(
            loop, lambda collector: collector.poll()
        )
        self.time_outs: CoalescedTimers[Polled] = CoalescedTimers(
            loop, lambda collector: collector.time_out()
        )
        # A change of a variable updates thousands: they are first derived, then looked at.
        self.soon: CoalescedTimers[Polled] = CoalescedTimers(
            loop, lambda c: c.collect_soon(), wait=busy
        )
        self._heartbeats: list[Event] = []

    def late(self) -> float:
        """Seconds by which the loop is late, or was a moment ago."""
        return self.loop_lag.seconds()

    def heartbeat(self, event: Event) -> None:
        """Hand over what wakes nobody with others like it: hundreds cost one hand-over."""
        if not self._heartbeats:
            self.loop.call_later(HEARTBEAT, self.hand_over)
        self._heartbeats.append(event)

    def hand_over(self) -> None:
        """Hand over the heartbeats gathered so far."""
        heartbeats, self._heartbeats = self._heartbeats, []
        for event in heartbeats:
            self.post(event)
