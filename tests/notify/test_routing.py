"""Who is told what: of escalations until they are taken, of what matches once."""

from __future__ import annotations

import msgspec
import pytest
from tests.notify.samples import acknowledged, escalated, recovered, report

from fsmv2.core import Report
from fsmv2.core.contract.log_events import StateChanged
from fsmv2.notify import FileSettings, Match, NotifySettings, TargetSettings
from fsmv2.notify.escalations import Escalations
from fsmv2.notify.notification_record import NotificationRecord
from fsmv2.notify.routing import Routed, Routing

HOUR = 3600.0
NAMES = {"escalation": "escalation_acknowledged", "condition": "condition_changed"}
FILE = FileSettings(path="x")


def target(name: str, **given: object) -> TargetSettings:
    return TargetSettings(name=name, channel=FILE, **given)  # type: ignore[arg-type]


def routing(*targets: TargetSettings, escalations: Escalations | None = None) -> Routing:
    made = Routing("edge", escalations, names=NAMES)
    made.use(NotifySettings(targets=targets, remind_after=HOUR))
    return made


def sent(made: Routing, what: Report, at: float = 0.0) -> list[tuple[str, str]]:
    return [(one.target, one.notification.event) for one in made.report(what, at)]


def take(made: Routing, routes: list[Routed], at: float = 0.0) -> None:
    for one in routes:
        made.taken(one.target, [one.notification.id], at)


def kept(made: Routing) -> Escalations:
    """What a restart finds."""
    found = msgspec.json.decode(
        msgspec.json.encode(NotificationRecord(standing=made.escalations.by_path)),
        type=NotificationRecord,
    )
    again = Escalations()
    again.by_path = found.standing
    for one in again.by_path.values():
        one.confirmed = False
    return again


def test_an_escalation_its_acknowledgement_and_its_end_go_to_everybody() -> None:
    made = routing(target("a"), target("b"))
    taken_over = acknowledged()
    for what, event in (
        (escalated(), "escalation_required"),
        (taken_over, "escalation_acknowledged"),
        (recovered(), "escalation_ended"),
    ):
        assert sent(made, what) == [("a", event), ("b", event)]


def test_it_has_the_name_the_type_and_the_fields_of_the_log() -> None:
    (route,) = routing(target("a")).report(escalated(), 0.0)
    one = route.notification
    assert (one.event, one.level, one.worker_type) == ("escalation_required", "critical", "lamp")
    assert one.fields["manual_steps"] == ["Look at the fuse."]
    assert one.fields["runbook_url"] == "https://runbook.example/a"
    assert "event" not in one.fields


def test_it_is_told_once_however_often_it_is_reported() -> None:
    made = routing(target("a"))
    assert len(sent(made, escalated())) == 1
    assert sent(made, escalated(), 9 * HOUR) == []


def test_it_may_come_again_after_its_end() -> None:
    made = routing(target("a"))
    sent(made, escalated())
    sent(made, recovered())
    assert sent(made, escalated()) == [("a", "escalation_required")]


def test_an_end_that_nobody_was_told_the_beginning_of_is_not_told() -> None:
    assert sent(routing(target("a")), recovered()) == []


def test_the_end_says_since_when_it_stood() -> None:
    made = routing(target("a"))
    sent(made, escalated(), 0.0)
    (route,) = made.report(recovered(), 60.0)
    assert route.notification.message == (
        "it has recovered, after its escalation of 1970-01-01T00:00:00.000Z"
    )
    assert route.notification.level == "info"


def test_a_target_may_hear_of_some_paths_or_none() -> None:
    made = routing(target("fillers", escalations=("…/filler*",)), target("none", escalations=()))
    assert sent(made, escalated("edge/filler1")) == [("fillers", "escalation_required")]
    assert sent(made, escalated("edge/capper")) == []


def test_what_matches_by_level_path_and_event_is_told_once() -> None:
    match = Match(level="error", paths=("…/filler*",), events=("condition_changed",))
    made = routing(target("a", matches=(match,)))
    assert sent(made, report("x", path="edge/filler1", level="error")) == [
        ("a", "condition_changed")
    ]
    assert sent(made, report("y", path="edge/filler1", level="error")) == []
    assert made.suppressed == {"a": 1}
    assert sent(made, report("x", path="edge/filler1", level="warning", state="other")) == []
    assert sent(made, report("x", path="edge/capper", level="error")) == []
    assert sent(made, report("x", "stall", "edge/filler1", "error")) == []


def test_the_level_is_that_of_the_log() -> None:
    """A worker that failed is a warning, though the report of its transition is none."""
    made = routing(target("a", matches=(Match(),)))
    for phase, wanted in (("failed", [("a", "state_changed")]), ("running", [])):
        event = StateChanged(from_state="up", phase=phase, reason="no current")
        what = Report("transition", "edge/a", "up → x", 0.0, 0, "info", phase, "lamp", event)
        assert sent(made, what) == wanted


def test_what_repeats_is_told_again_with_how_often() -> None:
    made = routing(target("a", matches=(Match(),)))
    for at in (0.0, 1.0, 2.0):
        sent(made, report("x"), at)
    (again,) = made.report(report("x"), HOUR)
    assert again.notification.repeated == 2
    assert "(2 times since the last notification)" in again.notification.text


def test_the_condition_that_repeats_an_escalation_is_not_told_beside_it() -> None:
    made = routing(target("a", matches=(Match(level="info"),)))
    sent(made, escalated())
    assert sent(made, report("Recovers=False: EscalationRequired: 5 attempts")) == []


def test_a_failing_target_does_not_hear_that_it_fails() -> None:
    made = routing(target("a", matches=(Match(),)), target("b", matches=(Match(),)))
    what = report("NotificationsSent=False: target 'a' (webhook x): gone", path="edge")
    assert [one.target for one in made.report(what, 0.0, failing=["a"])] == ["b"]


def test_what_stays_is_reminded_of_until_somebody_takes_it_over() -> None:
    made = routing(target("a"))
    take(made, list(made.report(escalated(), 0.0)))
    assert list(made.tick(HOUR - 1)) == []
    (reminder,) = made.tick(HOUR)
    assert reminder.notification.reminder
    assert "(still so since 1970-01-01T00:00:00.000Z)" in reminder.notification.text
    assert list(made.tick(HOUR + 1)) == []
    sent(made, acknowledged(), HOUR + 2)
    assert list(made.tick(9 * HOUR)) == []


def test_what_was_not_taken_is_not_reminded_of_but_still_owed() -> None:
    made = routing(target("a"))
    sent(made, escalated())
    assert list(made.tick(9 * HOUR)) == []


def test_what_was_refused_is_offered_again_later() -> None:
    made = routing(target("a"))
    (route,) = made.report(escalated(), 0.0)
    made.given_up("a", [route.notification.id], 0.0)
    assert list(made.tick(HOUR - 1)) == []
    assert [one.notification.id for one in made.tick(HOUR)] == [route.notification.id]
    assert list(made.tick(HOUR + 1)) == []


@pytest.mark.parametrize("delivered", [True, False])
def test_after_a_restart_only_what_was_not_delivered_is_sent(delivered: bool) -> None:
    made = routing(target("a"))
    routes = list(made.report(escalated(), 0.0))
    if delivered:
        take(made, routes)
    again = routing(target("a"), escalations=kept(made))
    restored = list(again.restored())
    assert [one.notification.before_restart for one in restored] == [] if delivered else [True]
    assert sent(again, escalated()) == [], "it still fails, which is known"
    assert sent(again, recovered()) == [("a", "escalation_ended")]


def test_nothing_is_kept_of_what_is_over_and_was_delivered() -> None:
    made = routing(target("a"))
    take(made, list(made.report(escalated(), 0.0)))
    take(made, list(made.report(recovered(), 0.0)))
    assert made.escalations.by_path == {}


def test_what_a_target_is_owed_goes_with_it() -> None:
    made = routing(target("a"), target("b"))
    for one in list(made.report(escalated(), 0.0)):
        if one.target == "a":
            take(made, [one])
    made.use(NotifySettings(targets=(target("a"),)))
    assert made.escalations.by_path["edge/a"].owed == {}


def test_an_escalation_that_is_found_to_be_over_is_told() -> None:
    made = routing(target("a"))
    sent(made, escalated())
    (route,) = made.is_over("edge/a", "it is no longer declared", 5.0)
    assert route.notification.event == "escalation_ended"
    assert list(made.is_over("edge/a", "it is no longer declared", 6.0)) == []


class Silence:
    """Whose paths are silenced can be changed."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    def __call__(self, path: str) -> bool:
        return path in self.paths


def silenced(*targets: TargetSettings) -> tuple[Routing, Silence]:
    silence = Silence()
    made = Routing("edge", names=NAMES, silenced=silence)
    made.use(NotifySettings(targets=targets, remind_after=HOUR))
    silence.paths.add(escalated().path)
    return made, silence


def test_of_a_silenced_path_nobody_is_notified() -> None:
    made, _ = silenced(target("a", matches=(Match(level="warning"),)))
    assert sent(made, escalated()) == []
    assert sent(made, report("a warning")) == []
    assert list(made.tick(10 * HOUR)) == []


def test_an_escalation_that_stands_when_the_silence_ends_is_notified_then() -> None:
    made, silence = silenced(target("a"))
    sent(made, escalated())
    silence.paths.clear()
    assert [one.notification.event for one in made.tick(1.0)] == ["escalation_required"]
    assert list(made.tick(2.0)) == []


def test_an_escalation_that_ended_in_a_silence_is_not_notified() -> None:
    made, silence = silenced(target("a"))
    sent(made, escalated())
    sent(made, recovered())
    silence.paths.clear()
    assert list(made.tick(1.0)) == []


def test_what_was_notified_before_a_silence_has_its_end_notified_after_it() -> None:
    made, silence = silenced(target("a"))
    silence.paths.clear()
    take(made, list(made.report(escalated(), 0.0)))
    silence.paths.add(escalated().path)
    assert list(made.tick(2 * HOUR)) == []  # no reminder
    assert sent(made, recovered(), 2 * HOUR) == []
    silence.paths.clear()
    assert [one.notification.event for one in made.tick(3 * HOUR)] == ["escalation_ended"]
