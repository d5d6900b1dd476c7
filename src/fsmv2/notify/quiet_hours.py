"""When a target is not to be disturbed, by the clock on a wall of a time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fsmv2.notify.notify_settings import QuietHours

MINUTE = 60.0


def is_quiet(hours: QuietHours, at: float) -> bool:
    """Whether Unix time `at` is in quiet hours.

    Only what the clock shows counts. Where it is put back, an hour that is shown twice is quiet
    twice; where it is put forward, what it skips is not waited for.
    """
    local = datetime.fromtimestamp(at, ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    if hours.start < hours.end:
        return hours.start <= minute < hours.end
    return minute >= hours.start or minute < hours.end


def quiet_until(hours: QuietHours, at: float) -> float:
    """When the quiet hours that hold at `at` end, in Unix seconds; `at` itself outside of them."""
    if not is_quiet(hours, at):
        return at
    # From minute to minute: the offset of a zone changes at whole minutes, and two in a day at
    # most, but when is nothing that could be computed more simply. 1,440 looks are a millisecond.
    moment = at - at % MINUTE
    while is_quiet(hours, moment):
        moment += MINUTE
    return moment


def named(hours: QuietHours) -> str:
    """As a person would write it."""
    return f"{clock_text(hours.start)} to {clock_text(hours.end)}"


def clock_text(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
