"""Completion, as bash, zsh and fish do it with the scripts that `fsmv2 completion` prints."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from typer.testing import CliRunner

from api_socket import answering
from forked_python import fsmv2
from fsmv2.cli.app import app
from fsmv2.cli.commands.run import run
from fsmv2.cli.commands.set import set_
from fsmv2.cli.completion.completion_table import ANY, FILE, FLAG, FOLDER, PATH, completion_table

PLANT = ["edge", "edge/filler", "edge/fi$(reboot)", "edge/capper"]


class Place(NamedTuple):
    folder: Path
    environment: dict[str, str]

    def script(self, shell: str) -> Path:
        file = self.folder / f"completion.{shell}"
        file.write_text(CliRunner().invoke(app, ["completion", shell]).stdout)
        return file


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A program `fsmv2`, a tree that answers, and a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "fsmv2"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m fsmv2.cli "$@"\n')
        program.chmod(0o755)
        (folder / "plant one.yaml").touch()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FSMV2_")}
        environment |= {
            "PATH": f"{name}:{environment['PATH']}",
            "XDG_STATE_HOME": f"{name}/state",
            "XDG_RUNTIME_DIR": name,
            "HOME": name,
            "TERM": "dumb",
        }
        with answering(folder / "state" / "fsmv2" / "p", PLANT, document="/p"):
            yield Place(folder, environment)


def test_the_table_knows_what_each_word_is() -> None:
    small = typer.Typer()
    small.command("run")(run)
    small.command("set")(set_)
    table = {one.words: one for one in completion_table(typer.main.get_command(small))}
    kinds = {option.names[-1]: option.value for option in table["run"].options}
    assert kinds["--json"].kind == FLAG
    assert kinds["--for"].kind == ANY
    assert kinds["--state-dir"].kind == FOLDER
    assert kinds["--init"].kind == FILE
    assert kinds["--log-level"].choices == ("debug", "info", "warning", "error")
    assert [word.kind for word in table["run"].arguments] == [FILE]
    assert [word.kind for word in table["set"].arguments] == [PATH, ANY]


def test_a_shell_is_handed_all_commands_not_the_one_that_is_loaded() -> None:
    script = fsmv2("completion", "bash").stdout
    assert all(f"{verb!r}) " in script for verb in ("status", "apply", "completion"))


def test_each_command_is_in_each_script() -> None:
    table = completion_table(typer.main.get_command(app))
    for shell in ("bash", "zsh", "fish"):
        script = CliRunner().invoke(app, ["completion", shell]).stdout
        for one in table:
            assert one.words.replace("-", "_").rpartition(" ")[2] in script.replace("-", "_")


LINES = {
    "fsmv2 vali": ["validate"],
    "fsmv2 new ": ["worker"],
    "fsmv2 run --log-le": ["--log-level"],
    "fsmv2 run --log-level wa": ["warning"],
    "fsmv2 completion b": ["bash"],
    "fsmv2 pause edge/ca": ["edge/capper"],
    "fsmv2 pause edge/capper edge/fill": ["edge/filler"],
    "fsmv2 set edge/filler PO": [],
}
"""What is typed, and all that it may become; in every shell."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_options_and_live_paths(place: Place) -> None:
    lines = LINES | {
        "fsmv2 run --log-level=wa": ["warning"],
        "fsmv2 pause -f /other edge/": [],
        "fsmv2 pause -f /p edge/fi$": [r"edge/fi\$\(reboot\)"],
        "fsmv2 validate pl": ["plant one.yaml"],
        "fsmv2 why -- edge/ca": ["edge/capper"],
    }
    program = [f"source {place.script('bash')}"]
    for line in lines:
        words = line.replace("=", " = ").split(" ")
        program += [
            f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}",
            "_fsmv2; printf '%s\\t' \"${COMPREPLY[@]}\"; echo",
        ]
    shown = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(program)],
        capture_output=True,
        text=True,
        env=place.environment,
        cwd=place.folder,
        timeout=100,
    )
    assert shown.stderr == ""
    found = [[one for one in line.split("\t") if one] for line in shown.stdout.splitlines()]
    assert dict(zip(lines, found, strict=True)) == lines


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_options_and_live_paths(place: Place) -> None:
    lines = LINES | {"fsmv2 pause --file=/other edge/": []}
    program = [f"source {place.script('fish')}"]
    program += [f"complete -C '{line}'; echo ====" for line in lines]
    shown = subprocess.run(
        ["fish", "--no-config", "-c", "\n".join(program)],
        capture_output=True,
        text=True,
        env=place.environment,
        cwd=place.folder,
        timeout=100,
    )
    assert shown.stderr == ""
    found = [
        [one.partition("\t")[0] for one in part.splitlines()]
        for part in shown.stdout.split("====\n")[:-1]
    ]
    assert dict(zip(lines, found, strict=True)) == lines


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes_commands_options_and_live_paths(place: Place) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], place.environment)  # noqa: S606  (no shell before it)

    def until(mark: str) -> None:
        shown = b""
        while mark.encode() not in shown:
            shown += os.read(terminal, 4096)  # the timeout of the test is its bound

    def typed(text: str) -> None:
        os.write(terminal, text.encode())

    try:
        typed(f"autoload -U compinit; compinit -u -D; source {place.script('zsh')}; echo REA''DY\n")
        until("READY")
        for begun, becomes in (
            ("fsmv2 vali", "fsmv2 validate "),
            ("fsmv2 run --log-level wa", "--log-level warning "),
            ("fsmv2 pause edge/ca", "edge/capper "),
            ("fsmv2 pause -m why edge/fill", "edge/filler "),
        ):
            typed(f"{begun}\t")
            until(becomes)
            typed("\x15")
    finally:
        typed("\x15exit\n")
        os.close(terminal)
        os.waitpid(pid, 0)
