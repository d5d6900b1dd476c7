"""`run` keeps its tree in the state directory, and refuses a store it cannot use."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forked_python import fsmv2
from free_ports import free_ports
from fsmv2.store import SqliteStore

BROKERLESS = """\
agent: {name: edge, location: {enterprise: acme}}
broker: {url: nats://127.0.0.1:9}
"""


def run(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    document = tmp_path / "plant.yaml"
    document.write_text(BROKERLESS)
    return fsmv2("run", document, "--for", "500ms", "--state-dir", tmp_path / "state")


@pytest.mark.real
def test_a_second_run_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    ages = []
    for _ in range(2):
        ran = run(tmp_path)
        assert ran.returncode == 3, ran.stderr  # nobody answers at the broker's address
        assert "should run and did not: edge/broker: " in ran.stdout
        store = SqliteStore(tmp_path / "state" / "store.db")
        ages.append({one.path: one.created_at for one in store.open()})
        texts = [(e.event.path, e.event.text) for e in store.events()]
        store.close()
        assert ("edge", "stopped and released") in texts
    assert set(ages[0]) >= {"edge", "edge/broker"}
    assert ages[0] == ages[1]


def test_a_store_that_is_none_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "state" / "store.db"
    file.parent.mkdir()
    file.write_text("my notes")
    ran = run(tmp_path)
    assert ran.returncode == 1
    assert f"error[FSM0800]: the store {file} cannot be read: it is not a store" in ran.stderr
    assert "fix: Put a copy in its place; or move it away" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert file.read_text() == "my notes"


def living(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried by init does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


@pytest.mark.real
def test_after_kill_9_the_same_tree_runs_with_the_same_broker(tmp_path: Path) -> None:
    """Killed as soon as the broker answers, twice; the third run ends in order."""
    port, mqtt = free_ports(2)
    document, state = tmp_path / "plant.yaml", tmp_path / "state"
    document.write_text(
        "agent: {name: edge, location: {enterprise: acme}}\n"
        f"broker: {{embedded: true, port: {port}, mqtt_port: {mqtt}}}\n"
    )
    command = [sys.executable, "-m", "fsmv2.cli", "run", str(document), "--state-dir", str(state)]
    pids: list[int] = []
    ages = []
    for end in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                found = re.search(r"starting → active: pid (\d+) answers", line)
                if found:
                    pids.append(int(found[1]))
                    break
            process.send_signal(end)
            process.communicate(timeout=200)
        assert process.returncode == (0 if end == signal.SIGTERM else -signal.SIGKILL)
        store = SqliteStore(state / "store.db")
        ages.append({one.path: one.created_at for one in store.open()})
        store.close()
    assert len(set(pids)) == 1, "adopted, not started again"
    assert len(pids) == 3
    assert set(ages[0]) == {"edge", "edge/broker"}
    assert ages[0] == ages[1] == ages[2]
    assert not living(pids[0])
