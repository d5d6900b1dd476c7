"""`fsmv2 python` runs a program with the Python that fsmv2 is installed in."""

from __future__ import annotations

import os
import sys

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app


@pytest.mark.parametrize(
    "words",
    [
        ["note.py"],
        ["-m", "fsmv2.flow.inputs.modbus.simulator", "--port", "15020"],
        ["-c", "print(1)"],
        ["note.py", "--help", "-h", "--", "--json", "-x"],
        [],
    ],
    ids=" ".join,
)
def test_all_that_follows_is_passed_on(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execv", lambda program, all_words: asked.append((program, all_words)))
    ended = CliRunner().invoke(app, ["python", *words])
    assert ended.exit_code == 0, ended.output
    assert asked == [(sys.executable, [sys.executable, *words])]


def test_its_own_help_is_shown_before_a_program_is_named() -> None:
    assert "$ fsmv2 python note.py" in CliRunner().invoke(app, ["python", "--help"]).output
