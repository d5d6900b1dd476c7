"""`run` keeps its tree in the state directory, and refuses a store it cannot use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fsmv2.store import SqliteStore

BROKERLESS = """\
agent: {name: edge, location: {enterprise: acme}}
broker: {url: nats://127.0.0.1:9}
"""


def run(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    document = tmp_path / "plant.yaml"
    document.write_text(BROKERLESS)
    command = [sys.executable, "-m", "fsmv2.cli", "run", str(document), "--for", "500ms"]
    return subprocess.run(
        [*command, "--state-dir", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.real
def test_a_second_run_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    ages = []
    for _ in range(2):
        ran = run(tmp_path)
        assert ran.returncode == 0, ran.stderr
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
