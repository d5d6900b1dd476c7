"""`simulate`: what held, and what did not, with a command that brings it about again."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.core.life import stop

TREE = """\
from fsmv2 import ObservedState, UserSpec, Worker, act, action, goto, state, stay

class Seen(ObservedState):
    lit: bool = False

class Lamp(Worker[UserSpec, Seen]):
    lit = False

    async def collect_observed_state(self, spec, resources):
        return Seen(lit=Lamp.lit)

    @action(timeout=5)
    async def switch(self, spec, resources, on):
        Lamp.lit = on

    @state("stopped", to="on")
    def stopped(self, s):
        if not s.should_stop:
            return goto(self.on, "asked to")
        return act(self.switch, "off", on=False) if s.observed.lit else stay("dark")

    @state("running", to="stopped")
    def on(self, s):
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("lit") if s.observed.lit else act(self.switch, "on", on=True)
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "lamp_module.py").write_text(TREE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("lamp_module", None)
    return "lamp_module:Lamp"


def run(*args: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["simulate", *args])
    return ran.exit_code, ran.output


def test_a_sound_tree_holds_and_the_coverage_is_shown(tree: str) -> None:
    code, said = run(tree, "--for", "1h", "--seed", "3")
    assert code == 0, said
    assert "degraded" in said
    assert re.search(r"seed 3: 1 worker, 1 h, \d+ faults", said)


def test_many_seeds_are_counted_together_and_what_is_thin_is_an_error(tree: str) -> None:
    code, said = run(tree, "--for", "20m", "--seeds", "2", "--seed", "5")
    assert code == 0, said
    assert re.search(r"seed 5: .*\nseed 6: ", said)
    assert re.search(r"2 seeds: 1 tree-hours of 1 workers or more, \d+ faults took effect", said)
    code, said = run(tree, "--for", "20m", "--seeds", "2", "--least", "50")
    assert code == 1
    assert "not every fault met every phase 50 times" in said
    code, said = run(tree, "--seeds", "2", "--only", "3")
    assert code == 2
    assert "of one seed" in said


def test_a_document_is_simulated_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: plant}\nprocesses:\n  camera: {command: [camera]}\n")
    code, said = run(str(file), "--for", "30m")
    assert code == 0, said
    assert "seed 0: 2 workers" in said
    file.write_text("agent: {name: plant}\nprocess: {}\n")
    code, said = run(str(file), "--for", "30m", "--seeds", "3")
    assert code == 1
    assert said.count("there is no key 'process'") == 1


def test_what_breaks_is_told_with_the_command_that_replays_it(
    tree: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that never forces a stop whose time is over."""

    def never(*_: Any) -> None:
        return None

    from fsmv2.core import machine

    monkeypatch.setitem(machine.TIMERS, "stop", never)
    monkeypatch.setattr(stop, "finish", never)
    code, said = run(tree, "--for", "20m", "--seed", "3")
    assert code == 1
    assert "error: " in said
    assert said.index("looking for the fewest of its") < said.index("replay: ")
    [replay] = re.findall(r"^replay: fsmv2 simulate (.*)$", said, re.MULTILINE)
    again, told = run(*shlex.split(replay))
    assert again == 1
    assert re.findall(r"error: .*", told) == re.findall(r"error: .*", said)


def test_a_tree_that_is_not_there_and_numbers_that_are_none(tree: str) -> None:
    code, said = run("lamp_module:Lump")
    assert code == 1
    assert "there is no tree 'lamp_module:Lump'" in said
    assert "Traceback" not in said
    code, said = run(tree, "--only", "three")
    assert code == 2
    assert "not a list of numbers" in said
