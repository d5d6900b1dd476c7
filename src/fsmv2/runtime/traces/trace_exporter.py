"""The thread that hands spans on: who decides never waits for whoever receives them.

What waits is bounded. A receiver that is slow, gone or hangs costs spans, which are counted: once
is said that they are dropped, and once, when it works again or at the end, how many were.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import error_text
from fsmv2.runtime.traces.span import Span

MOST = 10_000
"""Spans that may wait; some ten MB."""

BATCH = 512
"""Spans of one request."""

EVERY = 1.0
"""Seconds for which spans are gathered before they are sent."""

RETRY_AFTER = 5.0
"""Seconds after a request that failed, beside those for which it was tried."""

SAID_EVERY = 60.0
"""Seconds between two counts of what a receiver that works was too slow for."""

TOO_MUCH = "as more is decided than it takes"

CLOSED_WITHIN = 2.0
"""Seconds for which the end waits for the last spans to be sent."""

Tell = Callable[[str, str], None]
"""Is told a text, and its level."""


class SpanSender(Protocol):
    """Sends spans to one place; used by the thread alone, but for `abandon`."""

    where: str
    """The place, as messages show it."""

    def send(self, spans: Sequence[Span]) -> str:
        """Send them; why that failed, empty when it did not."""

    def abandon(self) -> None:
        """Retry nothing any more; from any thread."""


class TraceExporter:
    """Takes spans from the moment it is started. `put` is for one thread."""

    def __init__(
        self, sender: SpanSender, *, most: int = MOST, retry_after: float = RETRY_AFTER
    ) -> None:
        self._sender = sender
        self._most = most
        self._retry_after = retry_after
        self._queue: deque[Span] = deque()
        self._wake = threading.Event()
        self._tell: Tell = lambda text, level: None
        self._redact: Callable[[Any], Any] = lambda value: value
        self.dropped = 0
        """Spans that were not sent, since it was started."""
        self._told = 0
        self._said_at = -SAID_EVERY
        self._troubled = self._closing = self._ended = False
        self._in_flight = 0
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="fsmv2-traces", daemon=True)

    def start(self, tell: Tell, redact: Callable[[Any], Any] | None = None) -> None:
        """Begin. `tell` is called on the thread; `redact` takes secrets out of any value."""
        self._tell = tell
        if redact is not None:
            self._redact = redact
        self._thread.start()

    def put(self, span: Span) -> None:
        """Have a span sent; returns at once."""
        if self._closing or len(self._queue) >= self._most:
            self.dropped += 1
        else:
            self._queue.append(span)

    def close(self) -> None:
        """Send what waits, for a short time, and end."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSED_WITHIN)
        with self._counting:
            if not self._thread.is_alive() or self._ended:
                return
            self._ended = True
        self._sender.abandon()
        self.dropped += len(self._queue) + self._in_flight
        self._say_dropped("up to the end", "warning")

    # ---- on the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(EVERY)
            self._send_all()
        self._send_all()
        with self._counting:
            if self._ended:
                return
            self._ended = True
        if self.dropped > self._told:
            self._say_dropped("up to the end", "warning")

    def _send_all(self) -> None:
        """Send what waits now; a failure ends it, for what is left will hardly fare better."""
        sent = False
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._in_flight = len(batch)
            problem = self._problem(batch)
            with self._counting:
                if self._ended:  # nobody waits for this any more, and it is counted already
                    return
                self._in_flight = 0
            if problem:
                self.dropped += len(batch)
                self._begin_of_trouble(problem)
                if self._closing:
                    self.dropped += len(self._queue)
                    self._queue.clear()
                else:
                    self._wake.wait(self._retry_after)
                return
            sent = True
        if self._troubled:
            if sent:
                self._say_dropped("and it works again", "info")
        elif self.dropped > self._told and time.monotonic() >= self._said_at + SAID_EVERY:
            self._say_dropped(TOO_MUCH, "warning")

    def _problem(self, batch: Sequence[Span]) -> str:
        try:
            return self._sender.send([self._redact(span) for span in batch])
        except ANY_RAISED as error:  # of a library, or data of an author
            return error_text(error)

    def _begin_of_trouble(self, why: str) -> None:
        if not self._troubled:
            self._troubled = True
            text = f"traces do not reach {self._sender.where}, and are dropped meanwhile: {why}"
            self._tell(text, "warning")

    def _say_dropped(self, what: str, level: str) -> None:
        self._said_at = time.monotonic()
        lost, self._told, self._troubled = self.dropped - self._told, self.dropped, False
        spans = f"{lost:,} span{'s' * (lost != 1)}"
        self._tell(f"{spans} for {self._sender.where} were dropped, {what}", level)
