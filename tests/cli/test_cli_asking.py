"""`events`, `logs`, `topics`, `values` and `graph`, asked of one real run, and after its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PLANT = """\
agent: {name: edge, location: {enterprise: acme}}
broker: {url: "nats://127.0.0.1:1"}
bridges:
  - name: oven
    location: {site: cologne}
    read:
      input:
        generate:
          every: 100ms
          tags:
            - {name: temperature, curve: sine, unit: °C}
            - {name: pieces, curve: counter, virtual_path: line.one}
processes:
  web:
    command: [sh, -c, "echo it serves; echo no such plant >&2; exec sleep 1000"]
"""
FSMV2 = [sys.executable, "-m", "fsmv2.cli"]


class Plant:
    """One that runs, and what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plant.yaml"
        self.file.write_text(PLANT, encoding="utf-8")
        self.state = folder / "state"
        self.process = subprocess.Popen(
            [*FSMV2, "run", self.file, "--state-dir", self.state],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        words = (*words, "--state-dir", str(self.state))
        return subprocess.run([*FSMV2, *words], capture_output=True, text=True, timeout=60)

    def until(self, *words: str, says: str) -> str:
        limit = time.monotonic() + 60
        while says not in (found := self(*words)).stdout:
            assert time.monotonic() < limit, (found, self.process.poll())
            time.sleep(0.2)
        return found.stdout

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with tempfile.TemporaryDirectory() as folder:
        running = Plant(Path(folder))
        try:
            running.until("values", "temperature", says="good")
            running.until("logs", "edge/web", says="no such plant")
            yield running
        finally:
            running.stop()


def test_topics_have_type_unit_flow_and_line(plant: Plant) -> None:
    [title, *lines] = plant("topics").stdout.splitlines()
    assert title.split() == ["TOPIC", "WAY", "TYPE", "UNIT", "FLOW", "TAG", "LINE"]
    assert [line.split() for line in lines] == [
        [
            "umh/v1/acme/cologne/_raw/line/one/pieces",
            *("read", "counter", "edge/oven/dfc_read", "line.one.pieces", "plant.yaml:12"),
        ],
        [
            "umh/v1/acme/cologne/_raw/temperature",
            *("read", "sine", "°C", "edge/oven/dfc_read", "temperature", "plant.yaml:11"),
        ],
    ]


def test_values_have_age_and_quality(plant: Plant) -> None:
    # It begins anew while its flow waits for the broker.
    shown = plant.until("values", "pieces", "--json", says='"quality":"good"')
    [found] = json.loads(shown)
    assert found["value"] >= 0
    assert found["at"] > time.time() - 60


def test_a_value_that_nobody_reads_is_answered_with_the_nearest(plant: Plant) -> None:
    shown = plant("values", "temprature")
    assert shown.returncode
    assert "Did you mean 'temperature'?" in shown.stderr


def test_events_are_of_a_path_and_below(plant: Plant) -> None:
    found = plant("events", "edge/oven", "-n", "1000", "--json").stdout.splitlines()
    assert {json.loads(line)["path"] for line in found} >= {"edge/oven", "edge/oven/dfc_read"}
    assert not any("edge/web" in line for line in found)


def test_events_of_a_path_that_is_not_there_name_the_nearest(plant: Plant) -> None:
    shown = plant("events", "edge/ovn")
    assert shown.returncode
    assert "Did you mean 'edge/oven'?" in shown.stderr


def test_events_since_a_time_are_all_of_them(plant: Plant) -> None:
    since = plant("events", "--since", "1h").stdout
    assert plant("events", "-n", "1000").stdout.startswith(since)  # more may have happened
    assert len(since.splitlines()) > 10
    shown = plant("events", "--since", "long ago")
    assert "write how long ago, such as 30m" in shown.stderr


def test_logs_have_what_a_process_wrote_among_what_happened_to_it(plant: Plant) -> None:
    lines = plant("logs", "edge/web").stdout.splitlines()
    assert any(line.endswith("edge/web out | it serves") for line in lines)
    assert any(line.endswith("edge/web err | no such plant") for line in lines)
    assert any("waiting_ready" in line for line in lines)
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)


def test_a_graph_is_that_of_what_runs(plant: Plant) -> None:
    text = plant("graph", "edge/oven").stdout
    assert text.startswith("flowchart TD")
    assert "dfc_read (dataflow): " in text
    assert "web" not in text


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it still writes; `communicate` loses what was read together with an earlier line."""
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        return process.stdout.read(), process.stderr.read()


def test_what_is_followed_ends_with_the_tree_and_can_be_asked_for_after_it(plant: Plant) -> None:
    following = [
        subprocess.Popen(
            [*FSMV2, *words, "--state-dir", plant.state],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        for words in (("events", "-F", "-n", "1"), ("logs", "edge/web", "-F"))
    ]
    for one in following:
        assert one.stdout is not None
        assert one.stdout.readline()  # it is connected, and has shown what there was
    plant.stop()
    events, logs = map(rest_of, following)
    assert "removed: stopped and released" in events[0]
    assert "the tree has stopped" in events[1]
    assert "→ stopped" in logs[0]
    assert "no tree is running here any longer" in logs[1]
    assert "removed: stopped and released" in plant("events").stdout
    assert "it serves" in plant("logs", "edge/web").stdout
    assert "no tree runs in" in plant("topics").stderr
