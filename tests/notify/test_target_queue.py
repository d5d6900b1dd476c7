"""What a target is sent next: in order, a few a minute, the rest as a summary, and not at night."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.notify.samples import told

from fsmv2.notify import FileSettings, QuietHours, TargetSettings
from fsmv2.notify.target_queue import MOST_WAITING, Message, TargetQueue

NIGHT = QuietHours(start=22 * 60, end=6 * 60, zone="Europe/Berlin")
EVENING = datetime(2026, 1, 10, 23, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
MORNING = EVENING + 7 * 3600
ESCALATION = {"event": "escalation_required", "level": "critical"}


def queue(*, per_minute: int = 10, quiet: QuietHours | None = None) -> TargetQueue:
    settings = TargetSettings(
        name="t", channel=FileSettings(path="x"), per_minute=per_minute, quiet=quiet
    )
    return TargetQueue(settings, "edge")


def drained(waiting: TargetQueue, now: float) -> list[Message]:
    found = []
    while (one := waiting.take(now)) is not None:
        found.append(one)
    return found


def test_they_come_in_order() -> None:
    waiting = queue()
    for text in ("one", "two"):
        waiting.put(told(text), 0.0)
    assert [one.notification.message for one in drained(waiting, 0.0)] == ["one", "two"]
    assert waiting.wait(0.0) is None


def test_ten_thousand_at_once_are_a_few_messages_and_a_summary() -> None:
    waiting = queue()
    for number in range(10_000):
        waiting.put(told(f"failure {number}", path=f"edge/{number}", **ESCALATION), 0.0)
    found = drained(waiting, 0.0)
    assert len(found) == 10
    summary = found[-1].notification
    assert summary.event == "summary"
    assert summary.level == "critical"
    assert summary.counts == {"escalation_required": 9_991}
    assert len(summary.lines) == 20
    assert summary.message.startswith(
        "9991 notifications in a short time: 9991 × escalation_required. The first: "
    )
    assert sum(len(one.ids) for one in found) == 10_000
    assert waiting.summarised == 9_991


def test_what_waits_is_bounded() -> None:
    waiting = queue()
    for number in range(50_000):
        waiting.put(told(str(number)), 0.0)
    assert len(waiting) == 50_000
    assert len(waiting._waiting) == MOST_WAITING
    assert len(waiting._more.ids) == 10_000


def test_after_a_minute_there_is_more() -> None:
    waiting = queue(per_minute=2)
    for text in ("one", "two"):
        waiting.put(told(text), 0.0)
    assert len(drained(waiting, 0.0)) == 2
    waiting.put(told("three"), 1.0)
    assert waiting.take(1.0) is None
    assert waiting.wait(1.0) == 59.0
    assert [one.notification.message for one in drained(waiting, 60.0)] == ["three"]


def test_a_clock_that_is_put_back_holds_nothing_up() -> None:
    waiting = queue(per_minute=1)
    waiting.put(told("one"), 1e6)
    waiting.put(told("two"), 1e6)
    assert waiting.take(1e6) is not None
    waiting.put(told("three"), 0.0)
    assert waiting.take(0.0) is not None


def test_a_file_gets_all_of_them() -> None:
    waiting = queue(per_minute=0)
    for number in range(50):
        waiting.put(told(str(number)), 0.0)
    assert len(drained(waiting, 0.0)) == 50


def test_at_night_it_is_held_and_summarised_in_the_morning() -> None:
    waiting = queue(quiet=NIGHT)
    for text in ("one", "two"):
        waiting.put(told(text), EVENING)
    assert waiting.take(EVENING) is None
    assert waiting.wait(EVENING) == MORNING - EVENING
    (summary,) = drained(waiting, MORNING)
    assert summary.notification.message.startswith(
        "2 notifications were held in the quiet hours, 22:00 to 06:00: 2 × condition. The first: "
    )
    assert [line.rpartition(": ")[2] for line in summary.notification.lines] == ["one", "two"]


def test_a_single_one_is_held_as_it_is() -> None:
    waiting = queue(quiet=NIGHT)
    one = told("one")
    waiting.put(one, EVENING)
    assert [found.notification for found in drained(waiting, MORNING)] == [one]


def test_an_escalation_is_sent_at_night() -> None:
    waiting = queue(quiet=NIGHT)
    waiting.put(told("held"), EVENING)
    waiting.put(told("sent", **ESCALATION), EVENING)
    assert [one.notification.message for one in drained(waiting, EVENING)] == ["sent"]


def test_unless_it_is_to_be_held() -> None:
    import msgspec

    waiting = queue(quiet=msgspec.structs.replace(NIGHT, hold_escalations=True))
    one = told("held", **ESCALATION)
    waiting.put(one, EVENING)
    assert drained(waiting, EVENING) == []
    assert [found.ids for found in drained(waiting, MORNING)] == [(one.id,)]


def test_what_could_not_be_sent_before_the_night_is_held_too() -> None:
    waiting = queue(quiet=NIGHT)
    waiting.put(told("before"), EVENING - 7200)
    assert waiting.wait(EVENING) == MORNING - EVENING
    assert waiting.take(EVENING) is None
    late = Message(notification=told("in flight"), ids=("x",), urgent=False)
    assert waiting.hold(late, EVENING)
    assert not waiting.hold(late, MORNING)
    (summary,) = drained(waiting, MORNING)
    assert summary.notification.counts == {"condition": 2}


def test_at_the_end_all_of_it_is_one_message_but_what_the_night_holds() -> None:
    waiting = queue(quiet=NIGHT)
    waiting.put(told("held"), EVENING)
    for number in range(30):
        waiting.put(told(str(number), **ESCALATION), EVENING)
    last = waiting.take(EVENING, closing=True)
    assert last is not None
    assert last.notification.counts == {"escalation_required": 30}
    assert waiting.take(EVENING, closing=True) is None
    assert waiting.held.total == 1
