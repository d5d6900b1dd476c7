"""`replay`: what a run left is decided again, told, compared, and refused in words."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner, Result

from forked_python import fsmv2
from fsmv2.cli.app import app
from fsmv2.cli.time_argument import parse_time
from fsmv2.store.segmented_log import segments_in

DOCUMENT = """\
agent: {name: edge}
processes:
  fails: {command: ["false"]}
  sleeps: {command: [sleep, "100"]}
"""

TREE = """\
from fsmv2 import ChildSpec, ObservedState, UserSpec, Worker, WorkerFactory, goto, state, stay
from fsmv2.testing import Simulation, VirtualJournal

class Spec(UserSpec):
    watts: int = 40

class Seen(ObservedState):
    lit: bool = False

class Lamp(Worker[Spec, Seen]):
    async def collect_observed_state(self, spec, resources):
        return Seen(lit=spec.watts > 10)

    @state("stopped", to="on")
    def stopped(self, s):
        return stay("dark") if s.should_stop else goto(self.on, "asked to shine")

    @state("running", to="stopped")
    def on(self, s):
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("shines")

def factory():
    made = WorkerFactory()
    made.register(Lamp, name="bulb")
    return made

if __name__ == "__main__":
    journal = VirtualJournal("journal", every=3)
    with Simulation(ChildSpec("lamp", "bulb", Spec()), factory(), journal=journal) as sim:
        sim.run(200)
    journal.close()
"""


def replay(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of a run of two processes, one of which fails."""
    folder = tmp_path_factory.mktemp("ran")
    document = folder / "plant.yaml"
    document.write_text(DOCUMENT)
    ran = fsmv2("run", document, "--for", "3s", "--state-dir", folder / "state")
    assert ran.returncode == 3, ran.stderr
    assert (folder / "state" / "journal").stat().st_mode
    return folder / "state"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an author's module, run as a program, and its journal."""
    folder = tmp_path_factory.mktemp("authors")
    (folder / "lamps.py").write_text(TREE)
    subprocess.run([sys.executable, "lamps.py"], cwd=folder, check=True, timeout=200)
    return folder


class Shown(NamedTuple):
    """What a command printed."""

    returncode: int
    stdout: str
    stderr: str


def shown(folder: Path, *arguments: str) -> Shown:
    """The command called in a folder whose modules are not loaded yet."""
    known = [*sys.path]
    sys.modules.pop("lamps", None)
    importlib.invalidate_caches()
    try:
        with contextlib.chdir(folder):
            found = replay(*arguments)
    finally:
        sys.path[:] = known
        sys.modules.pop("lamps", None)
    return Shown(found.exit_code, found.stdout, found.stderr)


@pytest.mark.real
def test_what_a_run_left_is_decided_again(state: Path) -> None:
    found = replay(state / "journal")
    assert found.exit_code == 0, found.output
    span = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} – \d\d:\d\d:\d\d\.\d{3}"
    assert re.search(
        rf"^00000001\.journal  {span}  the start: no workers at first, \d+ events, \d+ runs, "
        r"\d+ looks$",
        found.output,
        re.MULTILINE,
    )
    assert re.search(r"^every decision was the same: \d+ events in \d+ runs", found.output, re.M)


@pytest.mark.real
def test_the_state_directory_and_a_single_file_will_do(state: Path) -> None:
    assert replay(state).exit_code == 0
    assert replay(segments_in(state / "journal")[0]).exit_code == 0


@pytest.mark.real
def test_the_story_of_a_path_is_told(state: Path) -> None:
    found = replay(state, "--path", "edge/fails")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert re.fullmatch(r"[\d:.]+  begins     the start: it does not exist", lines[0])
    story = "\n".join(lines)
    assert "  happened   observed: " in story
    assert "  decided    " in story
    assert "  asked for  run start_process (#" in story
    assert "  reported   transition: stopped → starting: asked to run" in story
    assert "sleeps" not in story
    assert "every decision" not in found.stdout, "it is no part of the story"
    assert "every decision was the same" in found.stderr


@pytest.mark.real
def test_an_unknown_path_is_told_with_the_nearest(state: Path) -> None:
    found = replay(state, "--path", "edge/fail")
    assert found.exit_code == 2
    assert "there is no 'edge/fail' in this part of the journal" in found.stderr
    assert "Did you mean 'edge/fails'?" in found.stderr


@pytest.mark.real
def test_programs_get_json(state: Path) -> None:
    found = replay(state, "--json", "--path", "edge")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert rows[0].keys() == {"at", "kind", "text"}
    assert rows[-1]["kind"] == "summary"
    assert rows[-1]["same"] is True
    assert rows[-1]["exit"] == 0
    assert rows[-1]["segments"][0]["why"] == "the start"


def test_types_of_an_author_are_named_and_may_have_run_as_a_program(recorded: Path) -> None:
    found = shown(recorded, "journal", "--types", "lamps:factory")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "every decision was the same" in found.stdout
    assert "00000002.journal" in found.stdout


def test_missing_types_are_an_error_with_the_way_out(recorded: Path) -> None:
    for types in ((), ("--types", "lamps")):  # under its own name, not as `bulb`
        found = shown(recorded, "journal", *types)
        assert found.returncode == 1
        assert "it was recorded with worker types that are not given: bulb" in found.stderr
        assert "--types package.module" in found.stderr
        assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ("nothing_here", "there is no module 'nothing_here'"),
        ("json", "the module json makes no worker types"),
        ("lamps:Lam", "'Lam' in lamps is not a worker type, and gives no factory"),
        ("lamps:Seen", "'Seen' in lamps is not a worker type, and gives no factory"),
    ],
)
def test_types_that_are_none_are_refused(recorded: Path, types: str, said: str) -> None:
    found = shown(recorded, "journal", "--types", types)
    assert found.returncode == 1
    assert said in found.stderr
    assert "fix: " in found.stderr


def test_other_code_is_told_as_then_and_now_with_an_exit_code_of_its_own(
    recorded: Path, tmp_path: Path
) -> None:
    (tmp_path / "lamps.py").write_text(TREE.replace('"asked to shine"', '"asked to glow"'))
    found = shown(tmp_path, str(recorded / "journal"), "--types", "lamps:factory")
    assert found.returncode == 4, found.stdout + found.stderr
    assert re.search(
        r"^lamp at 2023-11-\d\d \d\d:13:20\.000\n  given  .*\n"
        r"  then   transition: stopped → on: asked to shine\n(.*\n)*?"
        r"  now    transition: stopped → on: asked to glow\n",
        found.stdout,
        re.MULTILINE,
    ), found.stdout
    assert "a decision differed" in found.stdout
    assert "`fsmv2 lint` finds such" in found.stdout


def test_data_that_differ_behind_equal_words_are_told_so(recorded: Path, tmp_path: Path) -> None:
    text = TREE.replace("watts: int = 40", "watts: int = 41").replace(
        "async def collect",
        "def derive_desired_state(self, spec, previous):\n"
        "        from fsmv2 import DesiredState\n"
        '        return DesiredState("on", config={"n": 1})\n\n    async def collect',
    )
    (tmp_path / "lamps.py").write_text(text)
    found = shown(tmp_path, str(recorded / "journal"), "--types", "lamps:factory")
    assert found.returncode == 4
    assert "The words are the same and a checksum is not" in found.stdout


def test_a_part_is_chosen_by_moments(recorded: Path) -> None:
    whole = shown(recorded, "journal", "--types", "lamps:factory").stdout
    spans = re.findall(r"^(\d+\.journal)  (\S+) ([\d:.]+) – ([\d:.]+)", whole, re.MULTILINE)
    assert len(spans) > 8
    name, day, first, _ = spans[4]
    assert first < spans[5][2]
    for at in (first, f"{day} {first}", f"{day}T{first}"):
        part = shown(recorded, "journal", "--types", "lamps:factory", "--from", at)
        assert part.returncode == 0
        assert part.stdout.startswith(name)
    part = shown(recorded, "journal", "--types", "lamps:factory", "--until", first)
    assert len(part.stdout.splitlines()) < len(whole.splitlines())


def test_a_moment_that_is_none_is_a_usage_error(recorded: Path) -> None:
    found = shown(recorded, "journal", "--types", "lamps:factory", "--from", "soon")
    assert found.returncode == 2
    assert "'soon' is not a time; write 14:03, 14:03:05, 2026-11-25 14:03, or 10m" in found.stderr


def test_a_time_of_day_is_the_last_one_before() -> None:
    noon = datetime.datetime(2026, 3, 4, 12).astimezone().timestamp()
    assert parse_time("11:00", before=noon) == noon - 3600
    assert parse_time("13:00", before=noon) == noon - 23 * 3600
    assert parse_time("2026-03-04 11:30", before=noon) == noon - 1800
    assert parse_time("1h30m", before=noon) == noon - 5400
    for wrong in ("", "1", "25:00", "2026-13-01", "tomorrow"):
        with pytest.raises(ValueError, match="is not a time"):
            parse_time(wrong, before=noon)


def test_cut_off_damaged_and_foreign_files_are_told_without_a_traceback(
    recorded: Path, tmp_path: Path
) -> None:
    shutil.copytree(recorded / "journal", tmp_path / "journal")
    shutil.copy(recorded / "lamps.py", tmp_path)
    files = segments_in(tmp_path / "journal")
    cut, broken = files[-1], files[1]
    cut.write_bytes(cut.read_bytes()[:-3])
    raw = bytearray(broken.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    broken.write_bytes(raw)
    found = shown(tmp_path, "journal", "--types", "lamps:factory")
    assert found.returncode == 0, found.stderr
    assert "note: it is damaged at byte" in found.stdout
    assert "is cut off, as by a kill" in found.stdout
    files[0].write_bytes(b"fsmv2 journal 9\nx")
    found = shown(tmp_path, "journal", "--types", "lamps:factory")
    assert found.returncode == 1
    assert "has journal format 9" in found.stderr
    (tmp_path / "journal").rename(tmp_path / "moved")
    for place in ("lamps.py", "nowhere", "."):
        found = shown(tmp_path, place)
        assert found.returncode == 1
        assert "error[FSM0810]" in found.stderr
        assert "Traceback" not in found.stderr
