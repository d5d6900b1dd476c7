"""Sends one target what its queue says, again after a failure; on a thread of its own.

A target that is slow, dead or hangs therefore delays nobody: its thread waits, its queue is
bounded, and at the end it is left alone after a while.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from fsmv2.containment import ANY_RAISED
from fsmv2.notify.channel import Channel, DeliveryError
from fsmv2.notify.notification import Notification
from fsmv2.notify.notify_settings import TargetSettings
from fsmv2.notify.summary import Summarised
from fsmv2.notify.target_queue import Message, TargetQueue
from fsmv2.notify.target_status import OUTCOMES, TargetStatus

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
"""Seconds between two attempts, doubling from the first to the longest. Of each a half is left to
chance, so that many plants that lost one server do not come back at one moment."""
RETRY_FOR = 24 * 3600.0
"""Seconds after which a notification is given up: it tells nobody anything new any more."""
FAILING_AFTER = 3
"""Failures in a row after which a target is reported as failing; a hiccup has passed by then."""
LONGEST_WAIT = 60.0
"""Seconds for which a thread sleeps at most: clocks may be set, and quiet hours go by them."""

Settled = Callable[[str, tuple[str, ...], bool], None]
"""Takes the target, the notifications that are settled, and whether it was notified of them."""


class TargetThread:
    """One target."""

    def __init__(
        self,
        settings: TargetSettings,
        channel: Channel,
        queue: TargetQueue,
        *,
        settled: Settled,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when it begins to fail, or no longer does. Both on its thread."""
        self.settings = settings
        self.channel = channel
        self._queue = queue
        self._settled = settled
        self._failing_changed = changed
        self._changed = threading.Condition()
        self._closing = False
        self._replaced = False
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._failures = 0
        self._failing_since = 0.0
        self._refused = False
        self._error = ""
        self._last_sent = 0.0
        self._in_flight = False
        self._random = random.Random()  # noqa: S311  (jitter of retries needs no secret chance)
        self._thread = threading.Thread(
            target=self._run, name=f"fsmv2-notify-{settings.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, one: Notification) -> None:
        """Have it sent; never waits."""
        with self._changed:
            self._queue.put(one, time.time())
            self._changed.notify()

    def hold(self, tally: Summarised) -> None:
        """Have these sent as one, at the end of quiet hours if it has any."""
        with self._changed:
            self._queue.held.include(tally)
            self._changed.notify()

    def retire(self) -> Summarised:
        """End, for another one takes its place; what is left for that. What is sent now is."""
        with self._changed:
            self._closing = self._replaced = True
            self._changed.notify()
            return self._queue.drain()

    def close(self) -> None:
        """Send what is there, each once more at most, and end; does not wait for it."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self, within: float) -> bool:
        """Wait for the end for so many seconds; whether it has come."""
        self._thread.join(max(0.0, within))
        return not self._thread.is_alive()

    def abort(self) -> None:
        """Cut off what hangs, and count what is left as dropped."""
        self.channel.abort()
        with self._changed:
            self._counts["dropped"] += len(self._queue) - self._queue.held.total

    def count(self, outcome: str, more: int) -> None:
        """Count what became of some elsewhere."""
        with self._changed:
            self._counts[outcome] += more

    def held(self) -> Summarised:
        """What quiet hours hold back."""
        with self._changed:
            copied = Summarised()
            copied.include(self._queue.held)
            return copied

    def status(self) -> TargetStatus:
        """How it fares; from any thread."""
        with self._changed:
            return TargetStatus(
                name=self.settings.name,
                kind=self.channel.kind,
                address=self.channel.address,
                counts=self._counts | {"summarised": self._queue.summarised},
                waiting=len(self._queue) + self._in_flight,
                last_sent=self._last_sent,
                failing_since=self._failing_since,
                error=self._error,
            )

    @property
    def is_alive(self) -> bool:
        """Whether its thread has not ended."""
        return self._thread.is_alive()

    @property
    def failing(self) -> bool:
        """Whether it has failed too often in a row, or refused something."""
        return self._refused or self._failures >= FAILING_AFTER

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            self._deliver(delivery)

    def _next(self) -> Message | None:
        """Wait for the next one; None: it is over."""
        with self._changed:
            while True:
                now = time.time()
                delivery = self._queue.take(now, closing=self._closing)
                if delivery is not None:
                    self._in_flight = True
                    return delivery
                if self._closing:
                    return None
                wait = self._queue.wait(now)
                self._changed.wait(LONGEST_WAIT if wait is None else min(wait, LONGEST_WAIT))

    def _deliver(self, delivery: Message) -> None:
        """Send it until it is taken, refused, or told nobody anything any more."""
        give_up_at = time.monotonic() + RETRY_FOR
        pause = FIRST_PAUSE
        while True:
            last = self._closing
            wrong = self._sent(delivery.notification)
            if wrong is None:
                self._done(delivery, "sent")
                return
            if not wrong.retry or last or time.monotonic() > give_up_at:
                self._done(delivery, "dropped" if wrong.retry and last else "failed")
                return
            with self._changed:
                self._counts["retried"] += 1
                wait = pause * self._random.uniform(0.5, 1.0)
                self._sleep(max(wait, wrong.after))
                if not self._closing and self._queue.hold(delivery, time.time()):
                    self._in_flight = False
                    return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _sleep(self, seconds: float) -> None:
        """For so long, or until the end is asked for."""
        until = time.monotonic() + seconds
        while not self._closing and (left := until - time.monotonic()) > 0:
            self._changed.wait(left)

    def _sent(self, one: Notification) -> DeliveryError | None:
        """Send it once; what went wrong."""
        was = self.failing
        try:
            self.channel.send(one)
            wrong = None
        except DeliveryError as error:
            wrong = error
        except ANY_RAISED as error:  # a mistake of ours must not end the thread
            wrong = DeliveryError(f"it cannot be sent: {type(error).__name__}")
        with self._changed:
            if wrong is None:
                self._failures, self._refused, self._error, self._failing_since = 0, False, "", 0.0
                self._last_sent = time.time()
            else:
                self._failures += 1
                self._refused = not wrong.retry
                self._error = wrong.message
                self._failing_since = self._failing_since or time.time()
        if self.failing != was:
            self._failing_changed()
        return wrong

    def _done(self, delivery: Message, outcome: str) -> None:
        with self._changed:
            self._counts[outcome] += 1
            self._in_flight = False
            told = outcome == "sent"
            if self._replaced and not told:
                return  # who has taken its place sends that
        self._settled(self.settings.name, delivery.ids, told)
