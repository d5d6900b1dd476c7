"""What each command has besides its own: examples, variables of the environment, errors as JSON."""

from __future__ import annotations

import itertools
import json
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from commands_page import all_commands, shown_options
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.cli.command_examples import environment_variable, long_name, split_examples, wants_json

GROUP: Any = typer.main.get_command(app)
COMMANDS = all_commands()
NAMES = [name for name, _ in COMMANDS]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No tree of this machine, and no variable of this shell, has anything to do with a test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with tempfile.TemporaryDirectory() as short:  # a longer one would not be used for sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield


def parsed(words: list[str]) -> dict[str, Any]:
    """What a command would be called with; raises what wrong words raise."""
    command, context, rest = GROUP, None, ["fsmv2", *words]
    while hasattr(command, "commands"):
        name, *rest = rest
        context = command.context_class(command, info_name=name, parent=context)
        command = command.commands[rest[0]]
    return dict(command.make_context(rest[0], rest[1:], parent=context).params)


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=NAMES)
def test_each_command_has_examples_that_are_understood(name: str, command: Any) -> None:
    assert command.examples, (
        f"`fsmv2 {name} --help` has no example: add a line such as `$ fsmv2 {name} ...`, and "
        "another for its second use, to the end of the docstring of the command"
    )
    for example in command.examples:
        words = shlex.split(example, comments=True)
        words = list(itertools.takewhile(lambda word: word not in ("<", ">", "|", "&&"), words))
        start = ["$", "fsmv2", *name.split()]
        assert words[: len(start)] == start, f"'{example}' is no example of `fsmv2 {name}`"
        assert len(f"  {example}") <= 80, f"'{example}' is longer than the line of a terminal"
        try:
            parsed(words[2:])
        except Exception as error:  # noqa: BLE001  (of a type that Typer keeps to itself)
            text = getattr(error, "message", "") or repr(error)
            pytest.fail(f"'{example}' in the docstring of `{name}` is not understood: {text}")


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=NAMES)
def test_help_ends_with_the_examples(name: str, command: Any) -> None:
    shown = command.get_help(command.context_class(command, info_name=name))
    assert "$ fsmv2" not in shown.partition("\nExamples:\n")[0]
    for example in command.examples:
        assert f"\n  {example}\n" in f"{shown}\n"


def test_the_usage_names_the_arguments_as_they_are_written() -> None:
    shown = CliRunner().invoke(app, ["stop", "--help"], prog_name="fsmv2").stdout
    assert shown.startswith("Usage: fsmv2 stop [OPTIONS] [PATH...]\n")
    assert "\nArguments:\n  [PATH...]  Workers, as `render` shows them" in shown
    assert "\nOptions:\n  -m, --reason TEXT " in shown
    shown = CliRunner().invoke(app, ["restore"], prog_name="fsmv2").stderr
    assert shown.startswith("Usage: fsmv2 restore [OPTIONS] FILE\n")


def test_each_option_has_a_variable_of_its_own() -> None:
    found = [
        environment_variable(name.split(), long_name(one))
        for name, command in COMMANDS
        for one in shown_options(command)
    ]
    assert len(set(found)) == len(found)
    assert "FSMV2_RUN_LOG_LEVEL" in found
    assert "FSMV2_NEW_WORKER_IN" in found


def test_an_option_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSMV2_RUN_LOG_FILE_MB", "7")
    monkeypatch.setenv("FSMV2_RUN_DETECT_ONLY", "1")
    monkeypatch.setenv("FSMV2_VALIDATE_TYPES", "mine.one mine.two")
    assert parsed(["run", "plant.yaml"])["log_file_mb"] == 7
    assert parsed(["run", "plant.yaml"])["detect_only"] is True
    assert parsed(["run", "plant.yaml", "--log-file-mb", "3"])["log_file_mb"] == 3
    assert list(parsed(["validate", "plant.yaml"])["types"]) == ["mine.one", "mine.two"]


def test_a_tree_that_is_typed_counts_more_than_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FSMV2_WHY_STATE_DIR", "elsewhere")
    assert parsed(["why", "edge"])["state_dir"] == Path("elsewhere")
    typed = parsed(["why", "edge", "-f", "plant.yaml"])
    assert (typed["file"], typed["state_dir"]) == (Path("plant.yaml"), None)


def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSMV2_STOP_FOR", "7")
    shown = CliRunner().invoke(app, ["stop", "edge"])
    assert shown.exit_code == 2
    assert "Did you mean '7s'? (from the environment: FSMV2_STOP_FOR)" in shown.stderr


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["why", "--jsn", "x", "--json"], 2, {"title": "Wrong usage", "status": 400}),
        (["wyh", "--json"], 2, {"detail": "No such command 'wyh'. Did you mean 'why'?"}),
        (["stop", "--json"], 2, {"fix": "See `fsmv2 stop --help`."}),
        (["why", "x", "--json"], 1, {"code": "FSM0903", "detail": "none of your trees runs"}),
        (
            ["plan", "nowhere.yaml", "--json"],
            1,
            {"code": "FSM0101", "title": "Not a valid document"},
        ),
        (["plan", "--jsn", "--json"], 1, {"title": "Wrong usage"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_with_json_an_error_is_one_line_of_json(
    words: list[str], code: int, problem: dict[str, Any]
) -> None:
    ended = CliRunner().invoke(app, words, prog_name="fsmv2")
    assert (ended.exit_code, ended.stdout) == (code, "")
    (line,) = ended.stderr.splitlines()
    found = json.loads(line)
    assert {"title", "status", "detail"} <= set(found)
    for key, value in problem.items():
        assert value == found[key] or str(value) in found[key], found


def test_without_json_it_is_text() -> None:
    assert CliRunner().invoke(app, ["why", "x"]).stderr.startswith("error: none of your trees runs")


def test_what_asks_for_json() -> None:
    for words in (["--json"], ["-o", "json"], ["-ojson"], ["--output", "json"], ["--output=json"]):
        assert wants_json(["status", *words])
    assert not wants_json(["status", "-o", "yaml"])
    assert not wants_json(["why", "--", "--json"])


NEEDS_NOTHING = (
    *("validate", "render", "systemd", "trees", "explain", "completion", "schema", "lint", "new"),
)
"""Commands of which the examples can be run with a document, a folder of them and some code."""


def test_the_examples_that_need_no_tree_run_as_they_stand(tmp_path: Path) -> None:
    document = (
        "agent: {name: edge, location: {enterprise: acme}}\n"
        "bridges:\n"
        "  - name: filler\n"
        "    read: {input: {generate: {tags: [{name: level, curve: counter}]}}}\n"
    )
    (tmp_path / "plant.yaml").write_text(document)
    (tmp_path / "plant.d").mkdir()
    (tmp_path / "plant.d" / "all.yaml").write_text(document)
    (tmp_path / "src" / "mine").mkdir(parents=True)
    (tmp_path / "src" / "mine" / "lamp.py").touch()
    ran = 0
    for name, command in COMMANDS:
        for example in command.examples if name.split()[0] in NEEDS_NOTHING else ():
            words = shlex.split(example)[2:]
            words = list(itertools.takewhile(lambda word: word not in ("|", ">"), words))
            if "/etc" in example or "state" in words:
                continue
            ended = CliRunner().invoke(app, words, prog_name="fsmv2")
            assert ended.exit_code == 0, f"{example}\n{ended.stdout}{ended.stderr}"
            ran += 1
    assert ran >= 15


def test_examples_are_found_in_both_forms() -> None:
    text = "Do it.\n\nMore.\n\n\b\nfsmv2 do it\nfsmv2 do more\n\nAfter.\n\n$ fsmv2 do all"
    help_text, examples = split_examples(text)
    assert help_text.replace("\n\n\n", "\n\n") == "Do it.\n\nMore.\n\nAfter."
    assert examples == ("$ fsmv2 do it", "$ fsmv2 do more", "$ fsmv2 do all")
