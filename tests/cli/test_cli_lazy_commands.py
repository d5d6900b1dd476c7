"""A command line loads the command that it names; whoever asks for all of them gets all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fsmv2.cli import app_for, commands
from fsmv2.cli.app import app
from fsmv2.cli.lazy_commands import VERBS

LOADED = """
import sys
from fsmv2.cli import app_for
app_for(sys.argv[1:])
print(*sorted(m for m in sys.modules if m.startswith("fsmv2.cli.commands.")))
"""


def test_every_command_has_its_verb() -> None:
    files = {file.stem for file in Path(commands.__path__[0]).glob("*.py")} - {"__init__", "new"}
    assert files == {verb.replace("-", "_") for verb in VERBS}


def test_a_command_line_loads_the_command_that_it_names() -> None:
    words = [sys.executable, "-c", LOADED, "why", "edge"]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["fsmv2.cli.commands.why"]


@pytest.mark.parametrize("words", [[], ["--help"], ["wyh"], ["new", "worker"], ["-V", "why"]])
def test_other_command_lines_get_all_commands(words: list[str]) -> None:
    assert app_for(words) is app


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_alone_is_the_one_of_the_whole(verb: str) -> None:
    (alone,) = app_for([verb]).registered_commands
    (same,) = (one for one in app.registered_commands if one.name == verb)
    assert (alone.callback, alone.short_help, alone.cls) == (
        same.callback,
        same.short_help,
        same.cls,
    )
