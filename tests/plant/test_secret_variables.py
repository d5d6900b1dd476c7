"""`{env: …}` and `{file: …}` in a document: tokens in the tree, problems at their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2 import DocumentError
from fsmv2.builtin.agent import AgentSpec
from fsmv2.cli.app import app
from fsmv2.flow import Login
from fsmv2.plant import parse_plant

CANARY = "canary-of-a-document-77"


def text(variables: str, global_: str = "{}") -> str:
    return f"""\
agent: {{name: plant, location: {{enterprise: acme}}}}
global: {global_}
templates:
  plc: {{connection: {{host: "{{{{ .HOST }}}}", port: 502}}}}
bridges:
  - {{name: filler, template: plc, variables: {variables}}}
"""


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSMV2_CANARY", CANARY)


def problems(document: str, folder: Path) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        parse_plant(document, folder=folder)
    return [f"{d.code} {d.mark.line}:{d.mark.column} {d.message}" for d in raised.value.diagnostics]


@pytest.mark.usefixtures("secret")
def test_a_secret_variable_is_a_token_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "plc").write_text("from-a-file\n")
    (tmp_path / "plc").chmod(0o600)
    plant = parse_plant(
        text(
            "{HOST: {env: FSMV2_CANARY}, deep: {list: [{file: plc}]},"
            " D: {env: NO_SUCH, default: x1}}",
            "{KEY: {env: FSMV2_CANARY}, plain: {env: prod, region: eu}}",
        ),
        folder=tmp_path,
    )
    spec = plant.root.user_spec
    assert isinstance(spec, AgentSpec)
    user = spec.bridges[0].spec.variables.user
    assert user["HOST"].startswith("***env:FSMV2_CANARY#")
    assert plant.vault.reveal(user) == {
        "HOST": CANARY,
        "deep": {"list": ["from-a-file"]},
        "D": "x1",
    }
    global_ = spec.variables.global_
    assert plant.vault.reveal(global_["KEY"]) == CANARY
    assert global_["plain"] == {"env": "prod", "region": "eu"}
    assert CANARY not in repr(plant)
    assert {d.code for d in plant.diagnostics} == {"FSM0140"}, "nothing reads most of them"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ("{HOST: {env: FSMV2_CANARI}}", "FSM0136 6:53 the environment variable 'FSMV2_CANARI'"),
        ("{HOST: {file: absent}}", "FSM0136 6:53 the secret file '"),
        ("{HOST: {env: A, file: b}}", "FSM0136 6:53 a secret has `env:` or `file:`, not both."),
        ("{HOST: {env: A, type: int}}", "FSM0136 6:68 a secret has no `type:`, it is always text."),
        ("{HOST: {file: b, defualt: c}}", "FSM0136 6:63 a secret has no key 'defualt'."),
        ("{HOST: {env: 5}}", "FSM0136 6:59 `env:` of a secret takes a text."),
    ],
)
@pytest.mark.usefixtures("secret")
def test_what_is_wrong_with_a_secret_is_said_at_its_place(
    variables: str, said: str, tmp_path: Path
) -> None:
    assert [p[: len(said)] for p in problems(text(variables), tmp_path)] == [said]


@pytest.mark.usefixtures("secret")
def test_all_missing_secrets_are_told_at_once(tmp_path: Path) -> None:
    document = text("{A: {env: NO_A}, B: {file: no_b}, HOST: h}", "{C: {env: NO_C}}")
    assert len(problems(document, tmp_path)) == 3


@pytest.mark.usefixtures("secret")
def test_a_file_that_everybody_may_read_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "plc").write_text("from-a-file\n")
    os.chmod(tmp_path / "plc", 0o644)
    (warning,) = parse_plant(text("{HOST: {file: plc}}"), folder=tmp_path).diagnostics
    assert (warning.code, warning.warning) == ("FSM0137", True)


@pytest.mark.parametrize("command", ["validate", "render"])
@pytest.mark.usefixtures("secret")
def test_no_command_shows_a_secret(command: str, tmp_path: Path) -> None:
    """Also where the rendered value does not fit, and the message quotes it."""
    file = tmp_path / "plant.yaml"
    for variables in ("{HOST: {env: FSMV2_CANARY}}", "{HOST: h, PORT: {env: FSMV2_CANARY}}"):
        document = text(variables).replace("port: 502", 'port: "{{ .PORT }}"')
        file.write_text(document if "PORT:" in variables else text(variables))
        result = CliRunner().invoke(app, [command, str(file)])
        assert CANARY not in result.output
        assert "FSMV2_CANARY" in result.output or (command, result.exit_code) == ("validate", 0)


@pytest.mark.usefixtures("secret")
def test_the_url_of_a_broker_may_hold_one() -> None:
    document = text("{HOST: h}", "{KEY: {env: FSMV2_CANARY}}")
    document += 'broker: {url: "nats://me:{{ .global.KEY }}@10.0.0.9:4222"}\n'
    plant = parse_plant(document)
    spec = plant.root.user_spec
    assert isinstance(spec, AgentSpec)
    assert spec.broker is not None
    assert spec.broker.url == "nats://10.0.0.9:4222"
    assert plant.vault.reveal(spec.broker).login == Login(user="me", password=CANARY)
    assert CANARY not in repr(plant)
    wrong = document.replace(".global.KEY", ".global.KEI")
    with pytest.raises(DocumentError) as raised:
        parse_plant(wrong)
    assert "'global.KEI' is not defined" in str(raised.value)
