"""`--log-level` and `--log-format`: what is not one of the choices is answered with the nearest."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app


@pytest.mark.parametrize(
    ("option", "value", "answer"),
    [
        ("--log-level", "warnin", "there is no 'warnin'. Did you mean 'warning'?"),
        ("--log-format", "xml", "there is no 'xml'. Known: json, text."),
    ],
)
def test_another_choice_is_a_usage_error(
    tmp_path: Path, option: str, value: str, answer: str
) -> None:
    plant = tmp_path / "plant.yaml"
    plant.write_text("agent: {name: edge}\n")
    done = CliRunner().invoke(app, ["run", str(plant), option, value, "--for", "1s"])
    assert done.exit_code == 2
    assert answer in done.output
    assert "Value error" not in done.output


@pytest.mark.parametrize(
    ("document", "log"), [("plant.yaml", "plant.yaml"), ("plant.yaml", "link"), (".", "plant.yaml")]
)
def test_a_log_is_not_written_into_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str, log: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plant = tmp_path / "plant.yaml"
    plant.write_text("agent: {name: edge}\n")
    plant.with_name("link").hardlink_to(plant)
    line = ["run", document, "--log-file", log, "--for", "1s", "--state-dir", "state"]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 2
    assert "is the document" in done.output
    assert plant.read_text() == "agent: {name: edge}\n"
