"""Which escalations stand, and who is still to be notified of them; kept across restarts.

An escalation is owed to a target until that has taken it: after a restart what is owed is sent,
and what was taken is not sent again. What a worker does is counted anew by every run, so one that
still fails escalates again; here that is the same escalation, until the worker has recovered.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fsmv2.notify.notification import Notification

MOST = 2_000
"""Escalations that are kept apart; of more, those after them are told, and forgotten."""

OWED_EACH = 8
"""Notifications about one path that are owed to a target: the last ones count."""


class Standing(msgspec.Struct, kw_only=True):
    """The escalation of one path. `ended`: it is over, and only owed to somebody still.

    `told`: when each target took its last notification about it, in Unix seconds. `confirmed`: it
    has escalated in this run, too.
    """

    required: Notification
    since: float
    acknowledged: str = ""
    ended: bool = False
    told: dict[str, float] = {}
    owed: dict[str, list[Notification]] = {}
    confirmed: bool = False


class Escalations:
    """All of them, by path."""

    def __init__(self) -> None:
        self.by_path: dict[str, Standing] = {}
        self.changed = False

    def required(self, path: str, one: Notification, at: float, targets: Iterable[str]) -> bool:
        """Note that it has escalated; False: that is known, and nobody is to be told again."""
        found = self.by_path.get(path)
        if found is not None and not found.ended:
            found.confirmed = True
            return False
        if found is None:
            if len(self.by_path) >= MOST:
                return True
            found = self.by_path[path] = Standing(required=one, since=at)
        else:  # it is over, which somebody does not know yet, and has begun anew
            found.required, found.since, found.ended, found.acknowledged = one, at, False, ""
        found.confirmed = True
        self._owe(found, one, targets)
        return True

    def acknowledged(self, path: str, one: Notification, targets: Iterable[str]) -> None:
        """Note who has taken it over: nobody is reminded of it any more."""
        found = self.by_path.get(path)
        if found is not None and not found.ended:
            found.acknowledged = one.message
            self._owe(found, one, targets)

    def ended(self, path: str, one: Notification, targets: Iterable[str]) -> bool:
        """Note that it is over; False: nobody knew of it."""
        found = self.by_path.get(path)
        if found is None or found.ended:
            return False
        found.ended = True
        self._owe(found, one, targets)
        self._forget_if_done(path, found)
        return True

    def forget_unheard(self, path: str) -> None:
        """Owe nothing of one that is over to targets that were notified of none of it."""
        found = self.by_path.get(path)
        if found is not None and found.ended:
            for target in [one for one in found.owed if one not in found.told]:
                self._now_owed(found, target, [])
            self._forget_if_done(path, found)

    def taken(self, target: str, ids: Iterable[str], at: float) -> None:
        """Note that a target was notified of these."""
        wanted = set(ids)
        for path, found in list(self.by_path.items()):
            owed = found.owed.get(target, [])
            left = [one for one in owed if one.id not in wanted]
            if len(left) < len(owed):
                found.told[target] = at
                self._now_owed(found, target, left)
                self._forget_if_done(path, found)

    def reminded(self, path: str, target: str, at: float) -> None:
        """Note that a target was reminded of it."""
        self.by_path[path].told[target] = at
        self.changed = True

    def keep_targets(self, names: Iterable[str]) -> None:
        """Owe nothing to targets that are no longer declared."""
        known = set(names)
        for path, found in list(self.by_path.items()):
            for gone in found.owed.keys() - known:
                self._now_owed(found, gone, [])
            self._forget_if_done(path, found)

    def _owe(self, found: Standing, one: Notification, targets: Iterable[str]) -> None:
        for target in targets:
            found.owed[target] = [*found.owed.get(target, []), one][-OWED_EACH:]
        self.changed = True

    def _now_owed(self, found: Standing, target: str, left: list[Notification]) -> None:
        self.changed = True
        if left:
            found.owed[target] = left
        else:
            found.owed.pop(target, None)

    def _forget_if_done(self, path: str, found: Standing) -> None:
        if found.ended and not found.owed:
            self.by_path.pop(path, None)
            self.changed = True
