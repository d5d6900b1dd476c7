"""`schema`, and that what commands print as JSON is what their schemas say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from commands_page import all_commands
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.cli.json_output import OUTPUTS, output_schema
from fsmv2.cli.replay_text import summary as replay_summary
from fsmv2.cli.run_summary import summary as run_summary
from fsmv2.operate.run_outcome import RunOutcome
from fsmv2.runtime import TreeView
from fsmv2.runtime.journal.replayer import Replayed

PLANT = "agent: {name: edge}\nbroker: {url: 'nats://127.0.0.1:1'}\n"


def fsmv2(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), prog_name="fsmv2")


def check(command: str, printed: str | Any) -> None:
    data = json.loads(printed) if isinstance(printed, str) else printed
    jsonschema_rs.validator_for(output_schema(command)).validate(data)


def test_each_command_that_prints_json_has_a_schema() -> None:
    for name, command in all_commands():
        options = {option for param in command.params for option in param.opts}
        formats = next((p.metavar for p in command.params if "--output" in p.opts), "")
        if "--json" in options or formats == "FORMAT":
            assert name in OUTPUTS, (
                f"`fsmv2 {name}` prints JSON: add its type to OUTPUTS in cli/json_output.py, as in "
                f'"{name}": lambda: (_type("operate.module:Type"),)'
            )


@pytest.mark.parametrize("command", OUTPUTS)
def test_each_schema_can_be_used(command: str) -> None:
    found = json.loads(fsmv2("schema", "--of", command).stdout)
    jsonschema_rs.validator_for(found)
    assert found["title"] == f"fsmv2 {command}"


def test_what_is_printed_is_as_its_schema_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    document = tmp_path / "plant.yaml"
    document.write_text(PLANT)
    check("validate", fsmv2("validate", str(document), "--json").stdout)
    check("validate", fsmv2("validate", str(tmp_path / "none.yaml"), "--json").stdout)
    check("trees", fsmv2("trees", "--json").stdout)
    check("plan", fsmv2("plan", str(document), "--against", str(document), "--json").stdout)
    worker = tmp_path / "lamp.py"
    worker.write_text("")
    check("lint", fsmv2("lint", str(worker), "--json").stdout)
    check("error", fsmv2("why", "--json").stderr)
    check("error", fsmv2("plan", str(tmp_path / "none.yaml"), "--json").stderr)


def test_the_last_lines_of_run_and_replay_are_as_their_schemas_say() -> None:
    _, data = run_summary(RunOutcome(before=TreeView(0.0, ())))
    check("run", {"kind": "summary", **data})
    check("replay", replay_summary(Replayed(segments=(), difference=None, not_kept=(), core=None)))


def test_a_command_that_prints_no_json_is_named_with_the_nearest() -> None:
    shown = fsmv2("schema", "--of", "pln")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "Did you mean 'plan'?" in shown.stderr


def test_the_schema_of_documents_is_the_default() -> None:
    found = json.loads(fsmv2("schema").stdout)
    assert "agent" in found["required"]
    assert "required" not in json.loads(fsmv2("schema", "--part").stdout)
    assert fsmv2("schema", "--part", "--of", "plan").exit_code == 2
