"""The output of one flow: a bounded queue, sent with many acknowledgements under way at once.

At least once: a sample stays here until JetStream has acknowledged it, and is sent again, with the
same message id, after a lost connection, a refusal or a missing acknowledgement. JetStream drops
what it has already stored under that id.

In order, tag by tag: of one subject only one sample is under way at a time. Were there two, and the
broker refused the first and took the second, no sending again could put them right. Samples of
different tags overtake each other; nobody can tell.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.output import Output
from fsmv2.flow.outputs.uns.retained import Retained
from fsmv2.flow.outputs.uns.uns_config import UnsOutput
from fsmv2.flow.sample import Sample
from fsmv2.flow.stats import FlowCounters

ACK_WITHIN = 5.0
"""Seconds after which a sample without acknowledgement is sent again."""
AFTER_REFUSAL = 0.2
"""Seconds to wait when the broker refuses, as it does while JetStream starts."""


async def nobody_else() -> None:
    """The connection is nobody's to give back to."""


class UnsPublisher:
    """Runs on the engine's loop."""

    def __init__(
        self,
        config: UnsOutput,
        counters: FlowCounters,
        connection: NatsConnection,
        release: Callable[[], Awaitable[None]] = nobody_else,
    ) -> None:
        """`release` is awaited when the connection, which others share, is not needed any more."""
        self._release = release
        self._config = config
        self._counters = counters
        self._connection = connection
        self._retained = Retained(connection) if config.retain else None
        self._waiting: dict[str, deque[Sample]] = {}  # by subject, in order, none under way
        self._queued = 0  # in all of those
        self._sendable: deque[str] = deque()  # subjects whose first sample may be sent
        self._ours: set[str] = set()  # subjects for which we stand in line, or have the turn
        self._behind: dict[str, None] = {}  # of those, where it is the turn of others
        self._in_flight: dict[str, tuple[Sample, float]] = {}
        self._work = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._refused_until = 0.0
        self.refusal = ""
        self._loop = asyncio.get_running_loop()
        connection.on_down(self, self._send_again_all)

    @property
    def depth(self) -> int:
        """Samples accepted and not yet acknowledged."""
        return self._queued + len(self._in_flight)

    @property
    def connected(self) -> bool:
        """Whether samples can be sent now."""
        return self._connection.up.is_set() and not self.refusal and not self._refused_ahead

    @property
    def error(self) -> str:
        """Why they cannot, or why last values are not kept; empty when all is well."""
        error = self._connection.error or self.refusal or self._refused_ahead
        if not error and self._retained is not None and self._retained.error:
            error = f"last values are not kept for MQTT clients: {self._retained.error}"
        return error

    @property
    def _refused_ahead(self) -> str:
        """Why nothing of ours is sent, where it has to wait for samples of a flow before."""
        for subject in list(self._behind)[:1]:  # they are of one stream
            if refusal := self._connection.turns.refusal(subject):
                return f"{refusal}; what the flow before accepted comes first"
        return ""

    def room(self, count: int, *, beside: int = 0) -> bool:
        """Whether `count` more samples can be accepted; `beside` others take of the same room."""
        return self.depth + beside + count <= max(self._config.queue, count)

    def put(self, samples: list[Sample]) -> None:
        """Accept samples; from now on they are ours until they are acknowledged."""
        for sample in samples:
            subject = sample.subject
            waiting = self._waiting.get(subject)
            if waiting is None:
                waiting = self._waiting[subject] = deque()
            waiting.append(sample)
            self._queued += 1
            if subject not in self._ours:
                self._ours.add(subject)
                if self._connection.turns.join(subject, self):
                    self._sendable.append(subject)
                else:
                    self._behind[subject] = None
        self._go_on()

    def your_turn(self, subject: str) -> None:
        """What others had for this subject is stored; called by the connection's turns."""
        self._behind.pop(subject, None)
        self._sendable.append(subject)
        self._go_on()

    async def run(self) -> None:
        """Send until cancelled."""
        sweep = self._loop.create_task(self._sweep())
        try:
            while True:
                await self._work.wait()
                await self._connection.up.wait()
                wait = self._refused_until - self._loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                await self._send_some()
        finally:
            sweep.cancel()

    def hand_over(self, successor: Output) -> None:
        """Have a successor with another connection publish what was not acknowledged, first.

        With this one it may never be: its password is not that of today, or its broker was
        replaced. What the broker of before has stored without saying so is stored once more only
        if the successor's is another.
        """
        if not isinstance(successor, UnsPublisher) or successor._connection is self._connection:
            return
        for token in self._in_flight:
            self._connection.give_up(token)
        self._send_again_all()
        left = [sample for waiting in self._waiting.values() for sample in waiting]
        self._waiting.clear()
        self._sendable.clear()
        self._queued = 0
        self._leave_all()
        self._go_on()
        successor.put(left)

    def close(self) -> None:
        """Stop listening to the connection; what was not acknowledged is dropped."""
        self._connection.forget(self)
        self._leave_all()

    def _leave_all(self) -> None:
        for subject in self._ours:
            self._connection.turns.leave(subject, self)
        self._ours.clear()
        self._behind.clear()

    async def release(self) -> None:
        """Give back the connection."""
        await self._release()

    async def drained(self, within: float) -> int:
        """Wait until all is acknowledged, or the time is over; returns what is left."""
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            pass
        return self.depth

    async def _send_some(self) -> None:
        while self._sendable and len(self._in_flight) < self._config.window:
            subject = self._sendable.popleft()
            self._queued -= 1
            try:
                await self._send(self._waiting[subject].popleft())
            except ConnectionError:
                # The connection says so itself in a moment; until then there is nothing to do.
                await asyncio.sleep(0.05)
                return
            if self._loop.time() < self._refused_until:
                return
        if not self._sendable or len(self._in_flight) >= self._config.window:
            self._work.clear()

    async def _send(self, sample: Sample) -> None:
        # In flight before it is sent: sending may wait, and the answer, a lost connection or a
        # look at the depth must not find it nowhere meanwhile.
        token = self._connection.expect(self._acknowledged)
        self._in_flight[token] = (sample, self._loop.time())
        try:
            if self._retained is not None:
                await self._retained.keep(sample)
            await self._connection.publish(
                sample.subject, sample.payload, token, {"Nats-Msg-Id": sample.id}
            )
        except ConnectionError:
            self._connection.give_up(token)
            if self._in_flight.pop(token, None) is not None:
                self._put_back(sample)
            raise

    def _acknowledged(self, token: str, refusal: str) -> None:
        found = self._in_flight.pop(token, None)
        if found is None:
            return
        self.refusal = f"the broker refuses samples: {refusal}" if refusal else ""
        if refusal:
            self._put_back(found[0])
            self._counters.fail("publish")
            self._refused_until = self._loop.time() + AFTER_REFUSAL
        else:
            self._counters.acked += 1
            self._next_of(found[0].subject)
        self._go_on()

    def _put_back(self, sample: Sample) -> None:
        """To be sent again, before all that was accepted of its tag after it."""
        self._waiting[sample.subject].appendleft(sample)
        self._queued += 1
        self._sendable.append(sample.subject)

    def _next_of(self, subject: str) -> None:
        """A sample of this subject is stored: the next may be sent, or it is the turn of others."""
        if self._waiting[subject]:
            self._sendable.append(subject)
        elif subject in self._ours:
            self._ours.discard(subject)
            self._connection.turns.leave(subject, self)

    def _go_on(self) -> None:
        if self._sendable:
            self._work.set()
        if self.depth:
            self._empty.clear()
        else:
            self._empty.set()

    def _send_again_all(self) -> None:
        """The connection is gone: nobody knows what arrived, so all of it is sent again."""
        again = [sample for sample, _ in self._in_flight.values()]
        self._in_flight.clear()
        if self._retained is not None:
            self._retained.lost()
        for sample in again:
            self._put_back(sample)
        self._go_on()

    async def _sweep(self) -> None:
        """Send again what was never acknowledged although the connection stands."""
        while True:
            await asyncio.sleep(1.0)
            limit = self._loop.time() - ACK_WITHIN
            late = [token for token, (_, at) in self._in_flight.items() if at < limit]
            for token in late:
                self._connection.give_up(token)
                sample, _ = self._in_flight.pop(token)
                self._put_back(sample)
                # Where somebody listens and no stream does, the broker says nothing at all.
                self.refusal = f"no acknowledgement of {sample.subject} within {ACK_WITHIN:g} s"
            if late:
                self._counters.fail("publish")
                self._connection.doubt_stream()
                self._go_on()
            if self._retained is not None and self._connection.up.is_set():
                with contextlib.suppress(ConnectionError):
                    await self._retained.again()
