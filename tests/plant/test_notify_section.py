"""`notify:` of a document: the defaults of a target, and all that may be written of one."""

from __future__ import annotations

from pathlib import Path

from fsmv2.notify import (
    CommandSettings,
    FileSettings,
    Match,
    NotifySettings,
    QuietHours,
    TargetSettings,
    WebhookSettings,
)
from fsmv2.plant import parse_plant

HEAD = "agent: {name: edge}\nglobal: {HOOK: abc}\nnotify:\n"


def notify(text: str, folder: Path = Path("/plant")) -> NotifySettings:
    return parse_plant(HEAD + text, "p.yaml", folder=folder).notify


def test_a_target_in_its_short_form_has_sensible_defaults() -> None:
    found = notify(
        '  targets: {a: {webhook: "https://h/"}, b: {command: [x]}, c: {file: n.jsonl}}\n'
    )
    assert found.remind_after == 4 * 3600
    assert found.targets == (
        TargetSettings(name="a", channel=WebhookSettings(url="https://h/")),
        TargetSettings(name="b", channel=CommandSettings(arguments=("x",), folder="/plant")),
        TargetSettings(name="c", channel=FileSettings(path="/plant/n.jsonl"), per_minute=0),
    )


def test_all_that_can_be_said_of_a_target_is_taken() -> None:
    found = notify(
        '  quiet_hours: {from: "22:00", to: "6:30", zone: Europe/Berlin, escalations: hold}\n'
        "  targets:\n"
        "    a:\n"
        '      webhook: {url: "https://h/{{ .global.HOOK }}", body: {text: "{{ .text }}"},\n'
        "        timeout: 3s}\n"
        '      escalations: "…/filler*"\n'
        "      match: {level: error, paths: [edge/a, edge/b], events: [state_changed]}\n"
        "      per_minute: 3\n"
        "    b: {command: [x], quiet: false, escalations: false}\n"
        "    c: {file: /n, quiet: true, match: [{}, {level: info}]}\n"
    )
    quiet = QuietHours(start=1320, end=390, zone="Europe/Berlin", hold_escalations=True)
    a, b, c = found.targets
    assert a.quiet == quiet
    assert a.escalations == ("…/filler*",)
    assert a.matches == (
        Match(level="error", paths=("edge/a", "edge/b"), events=("state_changed",)),
    )
    assert a.per_minute == 3
    assert a.channel == WebhookSettings(
        url="https://h/{{ .global.HOOK }}", body={"text": "{{ .text }}"}, timeout=3.0
    )
    assert (b.quiet, b.escalations) == (None, ())
    assert c.quiet == quiet
    assert c.matches == (Match(), Match(level="info"))
