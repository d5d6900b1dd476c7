"""What one target is sent next, and when: in order, not too many at once, not in quiet hours.

Its size is bounded: what is too much for it goes into a summary. Decides by the times it is handed.
"""

from __future__ import annotations

from collections import deque

import msgspec

from fsmv2.notify.event_names import OF_ESCALATIONS
from fsmv2.notify.notification import Notification
from fsmv2.notify.notify_settings import TargetSettings
from fsmv2.notify.quiet_hours import is_quiet, named, quiet_until
from fsmv2.notify.summary import Summarised

MOST_WAITING = 100
"""Notifications that wait one by one."""

MOST_WITHOUT_LIMIT = 10_000
"""The same where there is no limit a minute, as of a file, which is to have all of them."""

WINDOW = 60.0
"""Seconds for which messages are counted, against the limit of a minute."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `ids` of the notifications in it; `urgent`: also sent in quiet hours."""

    notification: Notification
    ids: tuple[str, ...]
    urgent: bool


class TargetQueue:
    """Everything that one target is still to be sent."""

    def __init__(self, settings: TargetSettings, plant: str) -> None:
        self.settings = settings
        self.held = Summarised()
        self.summarised = 0
        self._plant = plant
        self._most = MOST_WAITING if settings.per_minute else MOST_WITHOUT_LIMIT
        self._waiting: deque[Notification] = deque()
        self._more = Summarised()
        self._sent_at: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._waiting) + self._more.total + self.held.total

    def put(self, one: Notification, now: float) -> None:
        """Have it sent: soon, or at the end of quiet hours."""
        if self._is_quiet(now) and not self._urgent(one):
            self.held.add(one)
        elif len(self._waiting) < self._most and not self._more:
            self._waiting.append(one)
        else:
            self._more.add(one)

    def hold(self, delivery: Message, now: float) -> bool:
        """Take back what has come to quiet hours before it could be sent; whether it has."""
        if delivery.urgent or not self._is_quiet(now):
            return False
        self.held.add(delivery.notification, delivery.ids)
        return True

    def drain(self) -> Summarised:
        """All that waits but escalations, which are owed and offered anew; it is empty then."""
        left, self.held = self.held, Summarised()
        for one in self._waiting:
            if one.event not in OF_ESCALATIONS:
                left.add(one)
        if self._more.counts.keys().isdisjoint(OF_ESCALATIONS):
            left.include(self._more)
        self._waiting, self._more = deque(), Summarised()
        return left

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to send; None: until something comes."""
        self._hold_what_waits(now)
        allowed = self._allowed_at(now)
        if self._waiting or self._more:
            return max(0.0, allowed - now)
        if self.held:
            quiet = self.settings.quiet
            return max(0.0, max(allowed, quiet_until(quiet, now) if quiet else now) - now)
        return None

    def take(self, now: float, *, closing: bool = False) -> Message | None:
        """What is to be sent now; None: nothing. At `closing` all that is not held is sent."""
        self._hold_what_waits(now)
        if not closing and self._allowed_at(now) > now:
            return None
        if self.held and not closing and not self._is_quiet(now):
            quiet = self.settings.quiet
            tally, self.held = self.held, Summarised()
            why = f"were held in the quiet hours, {named(quiet)}" if quiet else "were held back"
            return self._summary(tally, now, why)
        limit = self.settings.per_minute
        together = closing or (limit > 0 and limit - len(self._sent_at) <= 1)
        if self._waiting and not (together and len(self._waiting) + self._more.total > 1):
            one = self._waiting.popleft()
            self._sent_at.append(now)
            return Message(notification=one, ids=(one.id,), urgent=self._urgent(one))
        tally = Summarised()
        while self._waiting:
            tally.add(self._waiting.popleft())
        tally.include(self._more)
        self._more = Summarised()
        return self._summary(tally, now, "in a short time") if tally else None

    def _summary(self, tally: Summarised, now: float, why: str) -> Message:
        self._sent_at.append(now)
        self.summarised += tally.total if tally.only is None else 0
        one = tally.summary(plant=self._plant, at=now, why=why)
        return Message(notification=one, ids=tuple(tally.ids), urgent=self._urgent_in(tally))

    def _hold_what_waits(self, now: float) -> None:
        """What could not be sent before quiet hours began is held like what comes in them."""
        if not self._is_quiet(now):
            return
        urgent = [one for one in self._waiting if self._urgent(one)]
        if len(urgent) < len(self._waiting):
            for one in self._waiting:
                if not self._urgent(one):
                    self.held.add(one)
            self._waiting = deque(urgent)
        if self._more and not self._urgent_in(self._more):
            self.held.include(self._more)
            self._more = Summarised()

    def _allowed_at(self, now: float) -> float:
        """When the limit of a minute lets the next one through. A clock that is put back counts."""
        sent = self._sent_at
        while sent and not now - WINDOW < sent[0] <= now:
            sent.popleft()
        full = 0 < self.settings.per_minute <= len(sent)
        return sent[0] + WINDOW if full else now

    def _is_quiet(self, now: float) -> bool:
        return self.settings.quiet is not None and is_quiet(self.settings.quiet, now)

    def _urgent(self, one: Notification) -> bool:
        return one.event in OF_ESCALATIONS and not self._escalations_wait

    def _urgent_in(self, tally: Summarised) -> bool:
        return not (self._escalations_wait or tally.counts.keys().isdisjoint(OF_ESCALATIONS))

    @property
    def _escalations_wait(self) -> bool:
        return self.settings.quiet is not None and self.settings.quiet.hold_escalations
