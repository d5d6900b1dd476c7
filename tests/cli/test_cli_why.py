"""`why FILE PATH`: how a worker of the running tree is, why, and when it does what next."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.operate.run_record import begin_record, keep_record, read_unchanged
from fsmv2.operate.state_directory import held
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import WriteFailure, record_failure, reserve_room

pytestmark = pytest.mark.real

DOCUMENT = """\
agent: {name: edge}
processes:
  fails: {command: ["false"]}
  sleeps: {command: [sleep, "100"]}
  waits: {command: ["true", "{{ .NOWHERE }}"]}
"""


def why(folder: Path, *arguments: str) -> Result:
    document, state = str(folder / "plant.yaml"), str(folder / "state")
    return CliRunner().invoke(app, ["why", *arguments, "-f", document, "--state-dir", state])


def answer(folder: Path, path: str) -> dict[str, Any]:
    """What programs are told of the worker at `path`."""
    found = why(folder, path, "--json")
    assert found.exit_code == 0, found.output
    told: dict[str, Any] = msgspec.json.decode(found.stdout)
    return told


def until(condition: Callable[[], Any], *, seconds: float = 200.0) -> Any:
    """What `condition` gives as soon as it is true; asked a few times a second."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, "never so"
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The document run by a process of its own."""
    command = [sys.executable, "-m", "fsmv2.cli", "run", folder / "plant.yaml"]
    process = subprocess.Popen(
        [*command, "--state-dir", folder / "state"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: f"process {process.pid} runs it" in why(folder, "edge").output)
        yield process
    finally:
        process.terminate()
        process.wait(200)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose document is running."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "plant.yaml").write_text(DOCUMENT)
    with running(folder):
        yield folder


def test_one_that_runs_says_so_and_who_runs_it(plant: Path) -> None:
    until(lambda: answer(plant, "edge/sleeps")["node"]["state"] == "running")
    lines = why(plant, "edge/sleeps").output.splitlines()
    assert lines[0].startswith("edge/sleeps (process): running, for ")
    assert any(line.startswith("  because   pid ") for line in lines)
    assert "  asked     running: its own desired state" in lines
    assert any("  lately    " in line and "goto running: " in line for line in lines)
    assert lines[-1].startswith("process ")
    assert not any("tried" in line for line in lines)


def test_of_one_in_trouble_the_next_tries_are_told_as_they_come(plant: Path) -> None:
    def lines() -> str:
        shown = why(plant, "edge/fails").output
        return shown if " times; again in " in shown else ""

    shown = until(lines)  # between two tries: now and then it is just starting
    assert "ended with exit code 1" in shown
    assert "  next      in " in shown
    told = until(
        lambda: (
            (found := answer(plant, "edge/fails"))["node"]["attempts"] >= 2
            and found["node"]["retry_in"] > 0.5
            and found
        )
    )
    tries = told["at"] + told["node"]["retry_in"]

    def tried() -> list[float]:
        lately = answer(plant, "edge/fails")["lately"]
        return [at for at, text in lately if at > told["at"] and text.startswith("goto starting")]

    first = until(tried, seconds=60)[0]
    assert first == pytest.approx(tries, abs=0.5)


def test_what_is_missing_is_said_of_one_that_waits(plant: Path) -> None:
    found = why(plant, "edge/waits").output
    assert "Variable 'NOWHERE' is not defined" in found


def test_the_children_in_trouble_are_told_with_their_parent(plant: Path) -> None:
    lines = until(
        lambda: (
            "below     fails" in (said := why(plant, "edge").output)
            and "below     sleeps" not in said  # which has yet to start
            and said.splitlines()
        )
    )
    below = [line for line in lines if line.startswith("  below")]
    assert any("fails (process): " in line for line in below)
    assert not any("sleeps" in line for line in below)


def test_one_that_is_not_there_is_answered_with_the_nearest(plant: Path) -> None:
    found = why(plant, "edge/fail")
    assert found.exit_code == 2
    assert "there is no worker 'edge/fail'" in found.output
    assert "Did you mean 'edge/fails'?" in found.output


def test_h90_why_says_that_the_file_is_newer_than_the_tree(plant: Path) -> None:
    file = plant / "plant.yaml"
    assert "document" not in why(plant, "edge/sleeps").output
    try:
        file.write_text(DOCUMENT + '  newer: {command: [sleep, "100"]}\n')
        lines = why(plant, "edge/sleeps").output.splitlines()
        assert lines[1].startswith("  document  the document was changed at ")
        assert "changed at" in answer(plant, "edge/sleeps")["document"]
        found = why(plant, "edge/newer")
        assert found.exit_code == 2
        assert "the document was changed at " in found.output
        assert "The newer document declares 'edge/newer'" in found.output
        file.write_text("processes: 7\n")
        assert "the newer one is not valid" in why(plant, "edge/newer").output
        file.unlink()
        assert "can no longer be read" in why(plant, "edge/sleeps").output
    finally:
        file.write_text(DOCUMENT)
    assert "document" not in why(plant, "edge/sleeps").output


def test_what_cannot_be_asked_like_that_is_refused(tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["why", "edge", "-f", str(tmp_path / "plant.yaml")])
    assert missing.exit_code == 2
    assert "there is no file" in missing.output
    (tmp_path / "plant.yaml").write_text(DOCUMENT)
    both = CliRunner().invoke(
        app, ["why", "edge", "-f", str(tmp_path / "plant.yaml"), "--var", "A", "--json"]
    )
    assert both.exit_code == 2
    assert "--var cannot be combined with --not, --at, --json and --types" in both.output
    empty = CliRunner().invoke(
        app, ["why", "edge", "-f", str(tmp_path / "plant.yaml"), "--var", ""]
    )
    assert empty.exit_code == 2
    assert "edge has no variable ''" in empty.output


def test_what_never_ran_is_said_with_what_to_do(tmp_path: Path) -> None:
    found = why(tmp_path, "edge")
    assert found.exit_code == 2
    assert "nothing is known of a run of" in found.output
    assert "fix: Start it: fsmv2 run" in found.output


def test_what_was_stopped_and_what_was_killed_do_not_look_as_if_they_ran(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(DOCUMENT)
    with running(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(200)
        found = why(tmp_path, "edge")
        assert found.exit_code == 0
        assert "it is no longer running; this was so at " in found.output
    with running(tmp_path):
        pass
    found = why(tmp_path, "edge")
    assert found.exit_code == 1
    assert "is not running: it was stopped at " in found.output


@pytest.fixture
def copied(plant: Path, tmp_path: Path) -> Iterator[Path]:
    """The journal of the running plant in a place that this process holds."""
    (tmp_path / "plant.yaml").write_text(DOCUMENT)
    until(lambda: answer(plant, "edge/sleeps")["node"]["state"] == "running")
    shutil.copytree(plant / "state" / "journal", tmp_path / "state" / "journal")
    with held(tmp_path / "state"):
        yield tmp_path


def test_a_journal_whose_end_is_cut_off_is_answered_with_until_when(copied: Path) -> None:
    segment = segments_in(copied / "state" / "journal")[-1]
    segment.write_bytes(segment.read_bytes()[:-5])
    (segment.parent / "00000099.journal").touch()
    found = why(copied, "edge/sleeps")
    assert found.exit_code == 0, found.output
    last = found.output.splitlines()[-1]
    assert re.search(r"runs it; this was so at .*, and nothing is recorded since: ", last)


def test_why_nothing_is_recorded_is_said(copied: Path) -> None:
    journal = copied / "state" / "journal"
    reserve_room(journal)
    record_failure(
        journal, WriteFailure(time.time(), "OSError: [Errno 28] No space left on device")
    )
    last = why(copied, "edge/sleeps").output.splitlines()[-1]
    assert last.endswith("nothing is recorded since: OSError: [Errno 28] No space left on device")


def test_a_journal_that_keeps_its_reader_busy_for_ever_is_given_up(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: Any, **__: Any) -> None:
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    monkeypatch.setattr("fsmv2.cli.cpu_limit.LOOK", 0.02)
    monkeypatch.setattr("fsmv2.cli.cpu_limit.PATIENCE", 3)
    monkeypatch.setattr("fsmv2.operate.recorded_tree.replay", endless)
    monkeypatch.setattr("fsmv2.operate.journal_replay.replay_segments", endless)
    journal = str(copied / "state" / "journal")
    for found in (why(copied, "edge/sleeps"), CliRunner().invoke(app, ["replay", journal])):
        assert found.exit_code == 1
        assert "one moment of it kept this program busy" in found.output


def test_the_journal_of_an_earlier_run_is_not_taken_for_that_of_the_running_one(
    copied: Path,
) -> None:
    state = copied / "state"
    begin_record(state, copied / "plant.yaml")  # and `journal_mb: 0`, or nothing noted yet
    found = why(copied, "edge/sleeps")
    assert found.exit_code == 1
    assert f"process {os.getpid()} runs " in found.output
    assert "nothing is recorded of it: it starts or ends just now, or `journal_mb` is 0" in (
        " ".join(found.output.split())
    )
    assert "the journal that is there is of an earlier run" in found.output


def test_what_answers_from_the_file_says_that_the_running_tree_is_older(copied: Path) -> None:
    state, document = copied / "state", copied / "plant.yaml"
    keep_record(state, read_unchanged(document, lambda: None)[1])
    same = why(copied, "edge", "--var", "internal.name").output
    document.write_text(DOCUMENT + "# more\n")
    other = why(copied, "edge", "--var", "internal.name").output
    assert "this is what the file declares: the document was changed at " in other
    assert "this is what the file declares" not in same
