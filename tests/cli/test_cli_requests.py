"""The commands that ask something of a running tree: one of each, on a real run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked_python import PATIENCE, fsmv2
from suspended_process import suspend

pytestmark = pytest.mark.timeout(900)  # two dozen commands each, on a busy machine as well

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  ticker:
    variables: {EVERY: 1}
    command: [sleep, "{{ .EVERY }}000"]
  other:
    command: [sleep, "1000"]
"""


class Machine:
    """A machine on which one tree runs; commands of it, as a person would type them."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.file = folder / "plant.yaml"
        self.file.write_text(DOCUMENT)
        self.environ = environ
        self.run: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.file.with_suffix(".out").open("ab") as out:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "fsmv2.cli", "run", str(self.file), "--json"],
                stdout=out,
                stderr=out,
                env=self.environ,
            )
        limit = time.monotonic() + PATIENCE
        while (found := self("why", "edge/ticker")).returncode:
            assert time.monotonic() < limit, found.stderr
            time.sleep(0.2)
        self.until("start", "edge/ticker", "is not stopped")

    def until(self, command: str, path: str, says: str) -> None:
        limit = time.monotonic() + PATIENCE
        while says not in (found := self(command, path)).stderr + found.stdout:
            assert time.monotonic() < limit, found
            time.sleep(0.2)

    def kill(self) -> None:
        assert self.run is not None
        self.run.kill()
        self.run.wait()

    def stop(self) -> None:
        if self.run is not None:
            self.run.terminate()
            self.run.wait(PATIENCE)

    def __call__(self, *args: str) -> subprocess.CompletedProcess[str]:
        return fsmv2(*args, env=self.environ)

    def says(self, *args: str, code: int = 0) -> str:
        found = self(*args)
        assert found.returncode == code, found
        return found.stdout + found.stderr


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Machine]:
    """A machine on which the tree runs."""
    with tempfile.TemporaryDirectory() as short:
        environ = {**os.environ, "XDG_STATE_HOME": str(folder), "XDG_RUNTIME_DIR": short}
        environ.pop("FSMV2_TREE", None)
        found = Machine(folder, environ)
        found.start()
        try:
            for path in ("edge/ticker", "edge/other"):
                found.until("why", path, "): running")
            yield found
        finally:
            found.stop()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """One for a test alone."""
    with running(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running(tmp_path_factory.mktemp("lasting")) as found:
        yield found


@pytest.fixture
def shared(lasting: Machine) -> Iterator[Machine]:
    """One that others use as well: each leaves nothing overridden, and everything runs."""
    yield lasting
    if "no overrides" not in lasting("overrides").stdout:
        for path in ("edge", "edge/broker", "edge/ticker", "edge/other"):
            for verb in ("resume", "start"):
                lasting(verb, path, "--no-wait")
        assert "no overrides" in lasting.says("overrides")
    for path in ("edge/ticker", "edge/other"):
        lasting.until("why", path, "): running")


def test_each_verb_on_a_running_tree(shared: Machine) -> None:
    says = shared.says
    assert str(shared.file) in says("trees")
    assert says("pause", "edge/ticker", "-m", "cleaning") == "edge/ticker is paused\n"
    assert "paused by" in (listed := says("overrides"))
    assert "(fsmv2 pause): cleaning (since " in listed
    assert "paused by" in says("why", "edge/ticker")
    assert "itself is not paused; it is paused" not in says("resume", "edge/other", code=1)
    assert says("resume", "edge/ticker") == "edge/ticker is resumed\n"
    assert says("stop", "edge/other", "--for", "2h") == "edge/other is stopped\n"
    for command in ("overrides", "why", "describe", "status", "events"):
        shown = re.findall(
            r"stopped by [^)]*\) until (\S+)", " ".join(says(command, "edge/other").split())
        )
        assert shown, command
        assert not [end for end in shown if "Z" in end], f"{command} shows UTC"
    assert says("start", "edge/other") == "edge/other is started\n"
    assert says("set", "edge/ticker", "EVERY=2") == "edge/ticker has EVERY set\n"
    assert "EVERY = 2" in says("overrides")
    unset = says("unset", "edge/ticker", "EVERY")
    assert unset == "edge/ticker has EVERY as declared again\n"
    assert says("restart", "edge/other") == "edge/other is restarted\n"
    assert says("retry", "edge") == "edge retries now\n"
    assert "there is no escalation" in says("ack", "edge/other", code=1)
    assert "(sleep) does not handle HUP" in says("signal", "edge/other", "HUP", code=1)
    assert " was sent WINCH\n" in says("signal", "edge/other", "WINCH", "-m", "resized")
    assert "fsmv2 restart PATH" in says("signal", "edge/other", "TERM", code=1)
    assert "signal edge/other HUP" in says("signal", "HUP", "edge/other", code=2)
    assert says("overrides") == "no overrides: everything is as declared\n"
    assert json.loads(says("overrides", "--json")) == []


def test_health_and_metrics_are_asked_through_the_socket(shared: Machine) -> None:
    found = shared.says("health", code=3)
    assert "ok: fsmv2 itself\n  ok        supervision  decided " in found
    assert "not ready: 1 of 4 workers is not what the document asks for\n  edge/broker  " in found
    shared.says("stop", "edge/broker")
    assert "\nready: 4 workers, each is as it was asked to be\n" in shared.says("health")
    found = json.loads(shared.says("health", "--json"))
    assert (found["health"]["status"], found["readiness"]["ready"]) == ("ok", True)
    assert "\nfsmv2_active_supervisors 4.0\n" in shared.says("metrics")
    assert shared.says("metrics", "--openmetrics").endswith("# EOF\n")


def test_a_pattern_is_confirmed_with_the_paths_it_stands_for(shared: Machine) -> None:
    asked = shared.says("pause", "edge/*", code=2)
    assert "edge/ticker\n  edge/other" in asked
    assert "this is 3 paths; nothing was done" in asked
    assert "no overrides" in shared.says("overrides")
    assert shared.says("pause", "edge/*", "--yes").count("is paused") == 3
    assert "no path of this tree matches" in shared.says("pause", "plant/*", code=2)
    assert "would be done" in shared.says("resume", "edge/*", "--dry-run")
    assert shared.says("overrides").count("paused by") == 3


def test_what_is_wrong_is_one_message_with_the_fix(shared: Machine) -> None:
    assert "Did you mean 'edge/ticker'?" in shared.says("restart", "edge/tickr", code=2)
    assert "no variable 'EVRY'" in shared.says("set", "edge/ticker", "EVRY=1", code=1)
    assert "expected NAME=VALUE" in shared.says("set", "edge/ticker", "EVERY", code=2)
    broken = shared.says("set", "edge/ticker", "EVERY={", code=1)
    assert "Traceback" not in broken
    assert "there is no file other.yaml" in shared.says("pause", "x", "-f", "other.yaml", code=2)


def test_of_several_paths_each_is_done_or_told_of(shared: Machine) -> None:
    found = shared("pause", "edge/ticker", "edge/nobody", "edge/other", "--json")
    assert [one["path"] for one in json.loads(found.stdout)] == ["edge/ticker", "edge/other"]
    assert (found.returncode, "edge/nobody" in found.stderr) == (2, True)
    found = shared("resume", "edge/nobody", "edge", "edge/other", "edge/ticker")
    assert found.returncode == 1
    assert found.stdout == "edge/other is resumed\nedge/ticker is resumed\n"


def test_what_is_no_text_or_no_value_is_refused_in_words(shared: Machine) -> None:
    for args in (
        ("pause", "edge/ticker", "-m", "a\udcff"),
        ("pause", "edge/\udcff"),
        ("pause", "edge/\udcff*"),
        ("set", "edge/ticker", "EVERY=.nan"),
        ("set", "edge/ticker", "EVERY={env: HOME}"),
        ("set", "edge/ticker", "EVERY=" + "9" * 400),
        ("pause", "edge/ticker", "-m", "x" * 2000),
    ):
        found = shared(*args)
        assert found.returncode in (1, 2), args
        assert found.stdout == ""
        assert "error" in found.stderr.lower()
        assert "failed unexpectedly" not in found.stderr, found.stderr
    assert shared.says("overrides") == "no overrides: everything is as declared\n"


def test_a_refusal_is_json_as_well_and_stdout_has_nothing_else(shared: Machine) -> None:
    for words, title in (
        (("pause", "edge/nobody"), "Not found"),
        (("resume", "edge/ticker"), "Refused"),
        (("pause", "edge/*"), "Refused"),
    ):
        found = shared(*words, "--json")
        assert found.returncode in (1, 2), words
        assert found.stdout in ("", "[]\n"), words
        problem = json.loads(found.stderr.splitlines()[-1])
        assert (problem["title"], "fix" in problem) == (title, words[0] == "pause"), words


def test_an_effect_is_waited_for_longer_than_a_minute(shared: Machine) -> None:
    assert shared.says("stop", "edge/other", "--timeout", "10m") == "edge/other is stopped\n"
    assert shared.says("start", "edge/other", "--timeout", "2h") == "edge/other is started\n"


@pytest.mark.real
def test_an_acknowledged_request_survives_a_kill(machine: Machine) -> None:
    machine.says("stop", "edge/other", "-m", "broken")
    machine.says("pause", "edge/ticker")
    machine.kill()
    machine.start()
    listed = machine.says("overrides")
    assert "edge/other: stopped by" in listed
    assert "edge/ticker: paused by" in listed
    assert "(fsmv2 stop): broken" in machine.says("why", "edge/other")


def test_without_a_running_tree_that_is_said(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:
        environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_RUNTIME_DIR": short}
        found = Machine(tmp_path, environ)
        assert "none of your trees runs on this machine" in found.says("pause", "edge", code=1)
        assert "none of your trees runs" in found.says("trees")


def test_the_history_of_a_document_is_listed_shown_and_compared(machine: Machine) -> None:
    machine.stop()
    machine.file.write_text(DOCUMENT.replace("1000", "2000") + "# password: geheim\n")
    machine.start()
    listed = machine.says("history")
    assert re.search(r"^\*    2 .*@", listed, re.MULTILINE)
    assert "fsmv2 run: started with this document" in listed
    assert "# password: ***" in machine.says("show")
    assert "geheim" not in machine.says("show", "--json")
    assert '+    command: [sleep, "2000"]' in machine.says("diff", "1", code=1)
    assert machine.says("diff", "2") == ""
    assert "Kept are: 1 to 2" in machine.says("show", "7", code=1)


@pytest.mark.real
def test_fsmv2_alone_is_ended_and_its_processes_go_on(machine: Machine) -> None:
    def pid(path: str) -> int:
        answer = json.loads(machine.says("why", path, "--json"))
        return int(answer["node"]["observed"]["pid"])

    before = pid("edge/ticker")
    said = machine.says("stop", "--keep", "-m", "upgrade")
    assert (
        said == "fsmv2 has ended; broker and processes keep running, and the next run adopts them\n"
    )
    assert machine.run is not None
    assert machine.run.wait(PATIENCE) == 0
    os.kill(before, 0)  # it lives
    machine.start()
    assert pid("edge/ticker") == before, "adopted, not started again"
    assert "name the paths to stop" in machine.says("stop", code=2)
    assert "name the paths to stop" in machine.says("stop", "edge", "--keep", code=2)


def test_an_override_that_lasts_is_shown_as_such_wherever_it_is_shown(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:
        environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_RUNTIME_DIR": short}
        environ.pop("FSMV2_TREE", None)
        machine = Machine(tmp_path, environ)
        machine.file.write_text(DOCUMENT + "engine: {override_warning: 1s}\n")
        machine.start()
        try:
            assert machine.says("pause", "edge/ticker", "-m", "cleaning")
            lasts = re.compile(
                r": cleaning \(since [0-9:]+, in force for \d+ seconds?: is it still "
            )
            limit = time.monotonic() + PATIENCE
            while not lasts.search(machine.says("overrides")):
                assert time.monotonic() < limit
            why = machine.says("why", "edge/ticker")
            assert re.search(r"paused    paused by .*: cleaning \(in force for \d+ second", why)
        finally:
            machine.stop()


def test_generations_are_shown_alike_while_it_runs_and_when_it_does_not(
    machine: Machine,
) -> None:
    machine.stop()
    machine.file.write_text(DOCUMENT.replace("1000", "2000") + "# password: geheim\n")
    machine.start()
    asked = (
        *(("history",), ("show",), ("show", "1", "--json"), ("diff", "1"), ("diff", "1", "2")),
        *(("diff", "2"), ("show", "7"), ("diff", "7"), ("diff", "1", "--help")),
    )

    def answers() -> list[tuple[int, str, str]]:
        found = [machine(*args, "-f", str(machine.file)) for args in asked]
        return [(one.returncode, one.stdout, one.stderr) for one in found]

    running = answers()
    assert [code for code, *_ in running] == [0, 0, 0, 1, 1, 0, 1, 1, 0]
    machine.stop()
    assert answers() == running


@pytest.mark.thorough
def test_a_tree_that_is_frozen_is_told_at_once_and_what_to_do(machine: Machine) -> None:
    assert machine.run is not None
    suspend(machine.run.pid)
    try:
        said = machine.says("pause", "edge/ticker", code=1)
        frozen = f"its process {machine.run.pid} is frozen, by SIGSTOP or Ctrl-Z"
        assert frozen in said, "not that it is busy, and not after a minute"
        assert f"kill -CONT {machine.run.pid}" in said
        assert "may still be carried out" not in said, "nothing has been asked for yet"
        assert "edge/ticker (process): running" in machine.says("why", "edge/ticker")
    finally:
        machine.run.send_signal(signal.SIGCONT)
    assert "no overrides" in machine.says("overrides")
    assert machine.says("pause", "edge/ticker") == "edge/ticker is paused\n"
