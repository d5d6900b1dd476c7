"""Which target is sent what: every escalation, what matches, and reminders of what stays.

Decides by the reports and times that it is handed; does nothing itself. Used on one thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.core import Report
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.notify.deduplication import Deduplication
from fsmv2.notify.escalations import Escalations, Standing
from fsmv2.notify.event_names import (
    ACKNOWLEDGED,
    ENDED,
    OF_ESCALATIONS,
    OWN_CONDITION,
    RECOVERED,
    REQUIRED,
    event_of,
    level_of,
)
from fsmv2.notify.notification import Notification, again, notification, time_text
from fsmv2.notify.notify_settings import LEVELS, NotifySettings, TargetSettings
from fsmv2.path_pattern import path_pattern

TRY_AGAIN = 3600.0
"""Seconds after which what was refused is sent again, where nobody is to be reminded."""

RANK = {level: rank for rank, level in enumerate(LEVELS)}

Patterns = tuple[re.Pattern[str], ...]


class Routed(msgspec.Struct, frozen=True):
    """A notification for a target."""

    target: str
    notification: Notification


class _Target:
    """One target, with its patterns compiled, and what it was sent of late."""

    def __init__(self, settings: TargetSettings, remind_after: float) -> None:
        self.name = settings.name
        self._escalations = _compiled(settings.escalations)
        self._matches = [(one, _compiled(one.paths)) for one in settings.matches]
        self.sent = Deduplication(remind_after)

    def hears_escalations_of(self, path: str) -> bool:
        """Whether it is sent the escalations of a path."""
        return any(pattern.fullmatch(path) for pattern in self._escalations)

    def wants(self, event: str, level: str, path: str) -> bool:
        """Whether one of its matches is this."""
        return any(
            RANK.get(level, 0) >= RANK[match.level]
            and (not match.events or event in match.events)
            and any(pattern.fullmatch(path) for pattern in patterns)
            for match, patterns in self._matches
        )


class Routing:
    """Everything that is known of what was sent, and to whom."""

    def __init__(
        self,
        plant: str,
        escalations: Escalations | None = None,
        *,
        names: Mapping[str, str] | None = None,
        silenced: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`names` of events, by kind of the reports that have none of their own.

        `silenced`: whether nobody is to be notified of a path now. An escalation that stands when
        that ends is owed until then.
        """
        self._silenced = silenced
        self._names = names or {}
        self.escalations = escalations or Escalations()
        self.suppressed: dict[str, int] = {}
        self._plant = plant
        self._targets: dict[str, _Target] = {}
        self._remind_after = 0.0
        # Owed notifications that wait at their target, and those that are to be offered again.
        self._queued: set[tuple[str, str]] = set()
        self._offer_at: dict[tuple[str, str], float] = {}

    def use(self, settings: NotifySettings) -> None:
        """Routed by these from now on; what is owed to targets that are gone is forgotten."""
        before = self._targets
        self._remind_after = settings.remind_after
        self._targets = {one.name: _Target(one, settings.remind_after) for one in settings.targets}
        for name, one in self._targets.items():
            if name in before:
                one.sent = before[name].sent
                one.sent.remind_after = settings.remind_after
        self.escalations.keep_targets(self._targets)

    def offer_again(self, target: str) -> None:
        """Have all that is owed to a target offered at the next tick: its queue is a new one."""
        self._queued = {pair for pair in self._queued if pair[0] != target}
        self._offer_at = {pair: at for pair, at in self._offer_at.items() if pair[0] != target}

    def restored(self) -> Iterator[Routed]:
        """What the last run owed."""
        for found in self.escalations.by_path.values():
            for target, owed in found.owed.items():
                for one in owed:
                    yield self._queue(target, again(one, before_restart=True))

    def report(self, report: Report, at: float, failing: Iterable[str] = ()) -> Iterator[Routed]:
        """What becomes of what happened `at`; `failing` targets do not hear that they fail."""
        event = event_of(report, self._names)
        if event in OF_ESCALATIONS:
            yield from self._escalation(event, report, at)
        if not event or self._silenced(report.path):
            return
        about_us = OWN_CONDITION in report.text
        for target in self._targets.values():
            if event in OF_ESCALATIONS and target.hears_escalations_of(report.path):
                continue
            if about_us and target.name in failing:
                continue
            if not target.wants(event, level_of(report), report.path):
                continue
            repeated = target.sent.first((report.path, event, report.state), at)
            if repeated is None:
                self.suppressed[target.name] = self.suppressed.get(target.name, 0) + 1
            else:
                yield Routed(target.name, self._told(event, report, at, repeated))

    def tick(self, now: float) -> Iterator[Routed]:
        """Reminders that are due, and what is to be offered again."""
        for path, found in self.escalations.by_path.items():
            if self._silenced(path):
                continue
            for target, owed in found.owed.items():
                for one in owed:
                    pair = (target, one.id)
                    if pair not in self._queued and now >= self._offer_at.get(pair, 0.0):
                        yield self._queue(target, one)
            if self._remind_after and not (found.ended or found.acknowledged):
                for target in self._hearing(path):
                    told = found.told.get(target)
                    if told is not None and now >= told + self._remind_after:
                        self.escalations.reminded(path, target, now)
                        yield Routed(target, again(found.required, before_restart=False))

    def taken(self, target: str, ids: Iterable[str], now: float) -> None:
        """A target was notified of these."""
        ids = tuple(ids)
        self._queued.difference_update((target, one) for one in ids)
        for one in ids:
            self._offer_at.pop((target, one), None)
        self.escalations.taken(target, ids, now)

    def given_up(self, target: str, ids: Iterable[str], now: float) -> None:
        """A target could not be notified of these; what is owed to it is offered again later."""
        for one in ids:
            self._queued.discard((target, one))
            self._offer_at[target, one] = now + (self._remind_after or TRY_AGAIN)

    def is_over(self, path: str, why: str, now: float) -> Iterator[Routed]:
        """What becomes of an escalation that is found to be over, without a report of it."""
        report = Report("condition", path, why, 0.0)
        yield from self._ended(report, now)

    def _escalation(self, event: str, report: Report, at: float) -> Iterator[Routed]:
        path, hearing = report.path, list(self._hearing(report.path))
        if event == ENDED:
            yield from self._ended(report, at)
            return
        one = self._told(event, report, at, 0)
        if event == REQUIRED and not self.escalations.required(path, one, at, hearing):
            return
        if event == ACKNOWLEDGED:
            self.escalations.acknowledged(path, one, hearing)
        if self._silenced(path):
            return  # `tick` offers what is owed when that is over
        for target in hearing:
            yield self._queue(target, one)

    def _ended(self, report: Report, at: float) -> Iterator[Routed]:
        found = self.escalations.by_path.get(report.path)
        if found is None or found.ended:
            return
        why = report.text if report.text != RECOVERED else "it has recovered"
        text = f"{why}, after its escalation of {time_text(found.since)}"
        one = notification(
            event=ENDED,
            level="info",
            at=at,
            plant=self._plant,
            message=text,
            path=report.path,
            worker_type=found.required.worker_type,
            state=report.state,
        )
        hearing = list(self._hearing(report.path))
        self.escalations.ended(report.path, one, hearing)
        if self._silenced(report.path):
            self.escalations.forget_unheard(report.path)
            return
        for target in hearing:
            yield self._queue(target, one)

    def _told(self, event: str, report: Report, at: float, repeated: int) -> Notification:
        return notification(
            event=event,
            level=level_of(report),
            at=at,
            plant=self._plant,
            message=report.text,
            path=report.path,
            worker_type=report.worker_type,
            state=report.state,
            fields=None if report.event is None else _fields(report.event),
            repeated=repeated,
        )

    def _queue(self, target: str, one: Notification) -> Routed:
        self._queued.add((target, one.id))
        return Routed(target, one)

    def _hearing(self, path: str) -> Iterator[str]:
        return (one.name for one in self._targets.values() if one.hears_escalations_of(path))

    @property
    def open_paths(self) -> Mapping[str, Standing]:
        """The escalations that are not over."""
        return {path: one for path, one in self.escalations.by_path.items() if not one.ended}


def _fields(event: LogEvent) -> dict[str, Any]:
    found = msgspec.to_builtins(event)
    del found["event"]
    return dict(found)


def _compiled(patterns: Iterable[str]) -> Patterns:
    return tuple(map(path_pattern, patterns))
