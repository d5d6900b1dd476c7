"""What a target is sent, as a line; without a secret."""

from __future__ import annotations

import pytest

from fsmv2.model import Vault
from fsmv2.notify import (
    CommandSettings,
    FileSettings,
    Match,
    NotifySettings,
    QuietHours,
    TargetSettings,
    WebhookSettings,
)
from fsmv2.notify.target_description import described


def test_each_target_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "hunter2-and-more")
    vault = Vault()
    token = vault.from_environment("HOOK")
    settings = NotifySettings(
        targets=(
            TargetSettings(
                name="a",
                channel=WebhookSettings(url="https://h/{{ .global.HOOK }}"),
                matches=(Match(paths=("…/filler*",)), Match(level="info", events=("stop_forced",))),
                quiet=QuietHours(start=1320, end=360, zone="Europe/Berlin"),
            ),
            TargetSettings(
                name="b", channel=CommandSettings(arguments=("sms", token)), escalations=("edge",)
            ),
            TargetSettings(name="c", channel=FileSettings(path="/n"), escalations=()),
        ),
        variables={"HOOK": token},
    )
    assert described(settings, vault) == (
        (
            "a: webhook https://h; escalations; everything at warning and above of …/filler*; "
            "stop_forced at info and above; "
            "quiet from 22:00 to 06:00, Europe/Berlin, except for escalations"
        ),
        "b: command sms; escalations of edge",
        "c: file /n; nothing",
    )
