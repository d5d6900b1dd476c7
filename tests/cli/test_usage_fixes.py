"""Words of a command line that do not exist: the fix is what is written here for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.cli.lazy_commands import VERBS
from fsmv2.cli.usage_fixes import COMMANDS


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No tree of this machine has anything to do with a test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return


def said(*words: str) -> list[str]:
    """What is printed after the usage: the message and its fix."""
    ended = CliRunner().invoke(app, list(words), prog_name="fsmv2")
    lines = ended.stderr.splitlines()
    return lines[next(n for n, line in enumerate(lines) if line.startswith("Error:")) :]


@pytest.mark.parametrize(
    ("words", "message", "fix"),
    [
        (
            "ps",
            "No such command 'ps'.",
            "`fsmv2 status` shows what runs, `fsmv2 trees` each tree.",
        ),
        ("reload", "No such command 'reload'.", COMMANDS["reload"]),
        ("new bridge", "No such command 'bridge'.", "Known: worker."),
        ("qwertz", "No such command 'qwertz'.", "`fsmv2 --help` lists all."),
        (
            "run --config plant.yaml",
            "No such option: --config",
            "Name the document without an option: `fsmv2 run plant.yaml`.",
        ),
        (
            "validate plant.yaml -v",
            "No such option: -v",
            "Leave it out; FSMV2_DEBUG=1 in the environment shows where a failure comes from.",
        ),
        ("run plant.yaml --verbose", "No such option: --verbose", "Write --log-level debug."),
        (
            "run -d plant.yaml",
            "No such option: -d",
            "`fsmv2 systemd FILE` prints a unit that runs a document in the background.",
        ),
        ("restart --all", "No such option: --all", "Write '**' for all paths."),
        ("why edge --staet-dir x", "No such option: --staet-dir", "Did you mean '--state-dir'?"),
        ("why edge --fast", "No such option: --fast", "See `fsmv2 why --help`."),
        (
            "why plant.yaml edge/filler",
            "Got unexpected extra argument(s) (edge/filler)",
            "Name the document with --file: `fsmv2 why edge/filler --file plant.yaml`.",
        ),
        ("status a b", "Got unexpected extra argument(s) (b)", "It takes one PATH."),
        ("metrics x", "Got unexpected extra argument(s) (x)", "It takes options only."),
        (
            "--verbose status",
            "No such option: --verbose",
            "Leave it out; FSMV2_DEBUG=1 in the environment shows where a failure comes from.",
        ),
    ],
)
def test_the_words_of_other_programs_have_a_fix(words: str, message: str, fix: str) -> None:
    assert said(*words.split()) == [f"Error: {message}", f"  fix: {fix}"]


def test_a_command_that_is_near_is_proposed_and_one_that_only_looks_alike_is_not() -> None:
    assert said("wyh") == ["Error: No such command 'wyh'. Did you mean 'why'?"]
    assert said("list")[0] == "Error: No such command 'list'."


def test_with_json_the_fix_is_a_field_of_its_own() -> None:
    ended = CliRunner().invoke(app, ["ps", "--json"], prog_name="fsmv2")
    found = json.loads(ended.stderr)
    assert (found["detail"], found["fix"]) == ("No such command 'ps'.", COMMANDS["ps"])


def test_no_word_of_others_is_a_command_of_ours() -> None:
    assert COMMANDS.keys().isdisjoint(VERBS)
