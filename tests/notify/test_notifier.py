"""Notifications end to end: real targets, dead ones beside them, restarts, ten thousand at once."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.notify.hook_server import Hook
from tests.notify.samples import acknowledged, escalated, eventually, recovered, report

from fsmv2.model import Vault
from fsmv2.notify import (
    FileSettings,
    Match,
    Notifier,
    NotifySettings,
    TargetSettings,
    WebhookSettings,
    notifier,
)


def webhook(name: str, url: str, **given: Any) -> TargetSettings:
    return TargetSettings(name=name, channel=WebhookSettings(url=url, timeout=30.0), **given)


def started(*targets: TargetSettings, record: Path | None = None, **given: Any) -> Notifier:
    names = {"escalation": "escalation_acknowledged", "condition": "condition_changed"}
    settings = NotifySettings(targets=targets)
    made = Notifier("edge", settings, Vault(), names=names, record=record, **given)
    made.start()
    return made


def events(hook: Hook) -> list[str]:
    return [json.loads(body)["event"] for body in hook.bodies]


def test_an_escalation_arrives_from_its_beginning_to_its_end(hook: Hook) -> None:
    made = started(webhook("a", hook.url))
    made.listen(report("not for anybody", level="debug"))
    made.listen(report("a warning"))
    for what in (escalated(), acknowledged(), recovered()):
        made.listen(what)
    eventually(lambda: len(hook.requests) == 3)
    made.close()
    assert events(hook) == ["escalation_required", "escalation_acknowledged", "escalation_ended"]


def test_a_target_that_never_answers_delays_no_other_and_no_report(
    hook: Hook, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        lines = TargetSettings(
            name="file", channel=FileSettings(path=str(tmp_path / "n")), per_minute=0
        )
        made = started(webhook("silent", url), webhook("a", hook.url), lines)
        for number in range(5):
            made.listen(escalated(f"edge/{number}"))
        eventually(lambda: len(hook.requests) == 5)
        eventually(lambda: (tmp_path / "n").read_text().count("\n") == 5)
        status = {one.name: one for one in made.status()}
        assert status["silent"].counts["sent"] == 0
        assert status["silent"].waiting == 5
        made.close(within=0.5)
        assert {one.name: one for one in made.status()}["silent"].counts["dropped"] >= 1


def test_ten_thousand_escalations_at_once_are_a_few_messages(hook: Hook) -> None:
    made = started(webhook("a", hook.url))
    for number in range(10_000):
        made.listen(escalated(f"edge/{number}"))
    made.close(within=30.0)
    found = [json.loads(body) for body in hook.bodies]
    assert len(found) <= 11
    counted = sum(one.get("counts", {}).get("escalation_required", 0) or 1 for one in found)
    assert counted == 10_000
    assert max(len(body) for body in hook.bodies) < 30_000


@pytest.mark.parametrize("delivered", [True, False])
def test_a_restart_sends_what_was_not_delivered_and_nothing_twice(
    hook: Hook, tmp_path: Path, delivered: bool
) -> None:
    """An escalation that still stands, before and after a kill."""
    record = tmp_path / "notifications.json"
    dead = webhook("a", "http://127.0.0.1:1/")
    first = started(webhook("a", hook.url) if delivered else dead, record=record)
    first.listen(escalated())
    if delivered:
        eventually(lambda: hook.requests)
    wanted = {} if delivered else {"a"}

    def written() -> bool:
        kept = json.loads(record.read_bytes()) if record.exists() else {"standing": {}}
        found = kept["standing"].get("edge/a")
        return found is not None and set(found["owed"]) == set(wanted)

    eventually(written)
    # Killed: nothing more is done with it but to stop its threads from interfering.
    killed = record.read_bytes()
    first.close(within=0.0)
    record.write_bytes(killed)
    hook.requests.clear()

    second = started(webhook("a", hook.url), record=record)
    if not delivered:
        eventually(lambda: hook.requests)
    second.listen(escalated())
    second.listen(recovered())
    eventually(lambda: len(hook.requests) == (1 if delivered else 2))
    second.close()
    found = [json.loads(body) for body in hook.bodies]
    assert [one["event"] for one in found] == [
        *([] if delivered else ["escalation_required"]),
        "escalation_ended",
    ]
    if not delivered:
        assert found[0]["before_restart"]
        assert found[0]["text"].endswith("(since before fsmv2 was restarted)")
    assert json.loads(record.read_bytes())["standing"] == {}
    assert record.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("health", "why"), [("healthy", "recovered"), ("gone", "declared")])
def test_an_escalation_whose_worker_is_well_after_a_restart_ends(
    hook: Hook, tmp_path: Path, health: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "notifications.json"
    first = started(webhook("a", hook.url), record=record)
    first.listen(escalated())
    eventually(lambda: hook.requests)
    first.close()
    monkeypatch.setattr(notifier, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(notifier, "GONE_AFTER", 0.0)
    second = started(
        webhook("a", hook.url),
        record=record,
        look=lambda paths: dict.fromkeys(paths, health),
        healthy_for=0.0,
    )
    eventually(lambda: len(hook.requests) == 2)
    second.close()
    assert why in hook.bodies[1]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        '{"unknown":' + "[" * 100_000,
        '{"held": {"a": {"counts": {"state_changed": 3}}}}',
        '{"held": {"a": {"level": "loud"}}}',
    ],
)
def test_a_record_that_cannot_be_read_is_said_and_done_without(
    hook: Hook, tmp_path: Path, content: str
) -> None:
    record = tmp_path / "notifications.json"
    record.write_text(content)
    problems: list[tuple[str, ...]] = []
    made = started(webhook("a", hook.url), record=record, failing=problems.append)
    made.listen(escalated())
    eventually(lambda: hook.requests)
    made.close()
    assert "cannot be read, and is rewritten" in problems[-1][0]
    assert "edge/a" in json.loads(record.read_bytes())["standing"]


def test_a_failing_target_is_told_to_the_tree_and_to_the_others(hook: Hook) -> None:
    problems: list[tuple[str, ...]] = []
    match = (Match(),)
    dead = webhook("dead", "http://127.0.0.1:1/secret-path", matches=match)
    made = started(dead, webhook("a", hook.url, matches=match), failing=problems.append)
    made.listen(escalated())
    (text,) = eventually(lambda: problems and problems[-1])
    assert text == (
        "target 'dead' (webhook http://127.0.0.1:1): it cannot be reached: Connection refused"
    )
    made.listen(report(f"NotificationsSent=False: {text}", path="edge"))
    eventually(lambda: "condition_changed" in events(hook))
    assert {one.name: one for one in made.status()}["dead"].waiting == 1
    made.close(within=0.5)


def test_settings_are_changed_while_it_runs(hook: Hook) -> None:
    """What is owed goes to the new address; a target that is the same goes on."""
    dead = webhook("a", "http://127.0.0.1:1/")
    made = started(dead)
    made.listen(escalated())
    eventually(lambda: any(one.counts["retried"] for one in made.status()))
    made.change(NotifySettings(targets=(webhook("a", hook.url),)), Vault())
    eventually(lambda: hook.requests and made.status()[0].counts["sent"])
    before = made.status()[0].counts["sent"]
    made.change(NotifySettings(targets=(webhook("a", hook.url), webhook("b", hook.url))), Vault())
    eventually(lambda: len(made.status()) == 2)
    made.listen(recovered())
    eventually(lambda: len(hook.requests) >= 3)
    assert before >= 1
    made.change(NotifySettings(), Vault())
    made.close()


def test_without_targets_nothing_runs_until_there_are_some(hook: Hook) -> None:
    problems: list[tuple[str, ...]] = []
    made = started(failing=problems.append)
    made.listen(report("a warning"))
    assert problems == []
    made.listen(escalated())
    assert made.status() == ()
    assert problems == [(notifier.NO_TARGETS,)], "nobody hears of it, which is shown"
    made.listen(recovered())
    assert problems[-1] == ()
    made.listen(escalated())
    made.change(NotifySettings(targets=(webhook("a", hook.url),)), Vault())
    assert problems[-1] == ()
    made.listen(escalated("edge/b"))
    eventually(lambda: hook.requests)
    made.close()
    assert ["edge/b" in body for body in hook.bodies] == [True]


def test_a_report_costs_the_loop_next_to_nothing() -> None:
    """It is looked at and put into a queue, whatever the targets do. No figure of time: that there
    is no lock to wait for is what counts."""
    made = started(webhook("dead", "http://127.0.0.1:1/"))
    for _ in range(50_000):
        made.listen(report("noise", level="info"))
    assert len(made._inbox) == 0
    made.close(within=0.1)


def test_a_flood_of_warnings_pushes_no_escalation_out(hook: Hook) -> None:
    made = Notifier(
        "edge",
        NotifySettings(targets=(webhook("a", hook.url, matches=(Match(),)),)),
        Vault(),
    )
    made.listen(escalated())
    for number in range(notifier.MOST_REPORTS + 5):
        made.listen(report("a warning", path=f"edge/{number}"))
    made.start()
    eventually(lambda: "escalation_required" in events(hook))
    assert made.status()[0].counts["dropped"] == 5
    made.close(within=30.0)


def test_the_record_survives_its_own_form(tmp_path: Path) -> None:
    from fsmv2.notify.notification_record import NotificationRecord, read_record

    assert read_record(tmp_path / "none") == (NotificationRecord(), "")
    (tmp_path / "r").write_bytes(msgspec.json.encode(NotificationRecord()))
    assert read_record(tmp_path / "r") == (NotificationRecord(), "")


def test_the_end_gives_what_waits_a_moment(hook: Hook) -> None:
    made = started(webhook("a", hook.url))
    made.listen(escalated())
    began = time.monotonic()
    made.close(within=200.0)
    assert events(hook) == ["escalation_required"]
    assert time.monotonic() - began < 200
