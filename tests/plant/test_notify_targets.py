"""`notify:` of a document: what it becomes, and what is said of each mistake, word for word."""

from __future__ import annotations

import zoneinfo

import pytest

from fsmv2 import DocumentError
from fsmv2.operate.credential_masks import masked
from fsmv2.plant import parse_plant

HEAD = "agent: {name: edge}\nglobal: {HOOK: abc}\nnotify:\n"


WRONG = """\
  remind_after: 4
  quiet_hours: {from: 22.5, to: "25:00", zone: Europe/Berln}
  targets:
    misspelt: {webhok: "http://a"}
    two: {webhook: "https://a/", file: x}
    none: {match: {level: warn}}
    empty: {}
    shell: {command: "cat | mail jo"}
    hook:
      webhook: {url: "ftp://{{ .global.HOK }}", headers: {"a b": x, Host: y}, body: "{{ .txt }}"}
      match: [{paths: "a[b-a]"}, {events: [state_chnged]}]
    address: {webhook: "ftp://x"}
    here: {webhook: {url: "http://10.0.0.1/", headers: {Authorization: x}}}
    " ": {file: x}
    env: {command: {run: [x], env: {"A=B": x}}}
"""


FOUND = """\
p.yaml:4:17: error[FSM0124]: expected a duration with a unit, got 4.
p.yaml:5:23: error[FSM0122]: expected text, got the number 22.5.
p.yaml:5:33: error[FSM0127]: '25:00' is not a time of day.
p.yaml:5:48: error[FSM0126]: there is no time zone 'Europe/Berln'.
p.yaml:7:16: error[FSM0120]: there is no key 'webhok' in 'notify.targets.misspelt'.
p.yaml:8:10: error[FSM0126]: the target 'two' has 'webhook' and 'file'.
p.yaml:9:27: error[FSM0125]: expected one of info, warning, error, critical, got the text 'warn'.
p.yaml:10:12: error[FSM0126]: the target 'empty' has neither webhook, command nor file.
p.yaml:11:22: error[FSM0122]: the command is one text, and no shell reads it.
p.yaml:13:32: error[FSM0211]: notify: Variable 'global.HOK' is not defined: 'global' has no 'HOK'
p.yaml:13:66: error[FSM0127]: 'a b' cannot be set as a header.
p.yaml:13:75: error[FSM0127]: 'Host' cannot be set as a header.
p.yaml:13:89: error[FSM0211]: notify: Variable 'txt' is not defined.
p.yaml:14:23: error[FSM0127]: 'a[b-a]' is not a pattern.
p.yaml:14:43: error[FSM0125]: there is no event 'state_chnged'.
p.yaml:15:24: error[FSM0126]: its `url` does not begin with http:// or https://.
p.yaml:17:10: error[FSM0127]: ' ' is not a name for a target.
p.yaml:18:44: error[FSM0127]: 'A=B' is not the name of a variable.
"""


def refused(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_plant(text, "p.yaml")
    return str(caught.value)


def test_everything_that_is_wrong_is_said_at_once_with_its_place() -> None:
    found = refused(HEAD + WRONG)
    lines = [line for line in found.splitlines() if line.startswith("p.yaml:") and "error[" in line]
    wanted = FOUND.splitlines()
    assert [line[: len(want)] for line, want in zip(lines, wanted, strict=True)] == wanted
    assert 'Write the list ["sh", "-c", "cat | mail jo"].' in found
    assert "Did you mean 'Europe/Berlin'?" in found
    assert "Did you mean 'text'?" in found
    assert "Did you mean 'webhook'?" in found


def test_headers_that_everybody_on_the_way_reads_are_warned_of() -> None:
    def warned(url: str) -> list[str]:
        text = f'{HEAD}  targets: {{a: {{webhook: {{url: "{url}", headers: {{X: y}}}}}}}}\n'
        return [one.code for one in parse_plant(text).diagnostics if one.code == "FSM0158"]

    assert warned("http://10.0.0.1/") == ["FSM0158"]
    for url in ("https://10.0.0.1/", "http://127.0.0.1/", "http://localhost/", "http://[::1]:8/"):
        assert warned(url) == []


def test_a_variable_that_only_a_target_reads_is_read() -> None:
    text = HEAD + '  targets: {a: {webhook: "https://h/{{ .global.HOOK }}"}}\n'
    assert [one.code for one in parse_plant(text).diagnostics] == []


def test_a_machine_without_time_zones_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(zone: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(zone)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", none)
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    found = refused(HEAD + '  quiet_hours: {from: "1:00", to: "2:00", zone: Europe/Berlin}\n')
    assert "this machine has no time zones" in found
    assert "tzdata" in found


def test_hours_that_end_when_they_begin_are_refused() -> None:
    found = refused(HEAD + '  quiet_hours: {from: "1:00", to: "1:00", zone: UTC}\n')
    assert "the quiet hours end when they begin" in found


def test_a_secret_that_cannot_be_had_is_one_problem() -> None:
    text = (
        "agent: {name: edge}\nglobal: {HOOK: {env: NO_SUCH_VARIABLE}}\n"
        'notify: {targets: {a: {webhook: "{{ .global.HOOK }}"}}}\n'
    )
    assert refused(text).count("error[") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("headers: {Authorization: Bearer abc}", "headers: {Authorization: ***}"),
        ("  webhook: https://hooks.example/T1/B2", "  webhook: https://hooks.example/***"),
        ('{url: "https://h/T1", timeout: 3s}', '{url: "https://h/***", timeout: 3s}'),
        ("url: nats://host:4222", "url: nats://host:4222"),
        ('Authorization: "{{ .global.A }}"', 'Authorization: "{{ .global.A }}"'),
    ],
)
def test_what_lets_a_target_in_is_masked_where_a_document_is_shown(text: str, says: str) -> None:
    assert masked(text) == says
