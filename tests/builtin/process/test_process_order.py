"""Real processes in order: one that runs once, those that need it, and those begun together."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from process_kit import SETTINGS, becomes

from fsmv2 import Runtime
from fsmv2.plant import parse_plant

pytestmark = pytest.mark.real

DOCUMENT = """
agent: {name: edge}
processes:
  db: {command: [sh, -c, "echo up; exec sleep 600"], ready: {line: up}}
  migrate:
    command: [sh, -c, "echo once >> log; sleep 0.3; exit 0"]
    ready: {ends: true}
    restart: transient
    requires: [db]
  app: {command: [sh, -c, "echo app >> log; exec sleep 600"], requires: [db], after: [migrate]}
  cache: {command: [sh, -c, "echo cache >> log; exec sleep 600"]}
groups:
  - {strategy: one_for_all, members: [app, cache]}
"""


def works(tree: Any, *names: str) -> bool:
    return all((node := tree.get(f"edge/{name}")) and node.state == "running" for name in names)


async def test_what_runs_once_is_done_before_those_that_wait_for_it(tmp_path: Path) -> None:
    plant = parse_plant(DOCUMENT, state_dir=tmp_path / "state", folder=tmp_path)
    log = tmp_path / "log"
    async with Runtime(msgspec.structs.replace(plant, settings=SETTINGS)) as tree:
        view = await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=200)
        assert view["edge/migrate"].ended.startswith("finished: ended with exit code 0")
        lines = log.read_text().split()
        assert lines.index("once") < lines.index("app")
        # One of a group fails: the other is restarted with it, the database and the job are not.
        db = view["edge/db"].observed.pid
        os.kill(view["edge/cache"].observed.pid, signal.SIGKILL)
        await becomes(lambda: sorted(log.read_text().split()).count("app") == 2)
        view = await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=200)
        assert view["edge/db"].observed.pid == db
        assert log.read_text().split().count("once") == 1
        # Without the database the application is stopped, and comes back with it.
        os.kill(db, signal.SIGKILL)
        await becomes(lambda: log.read_text().split().count("app") == 3)
        await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=200)
        assert log.read_text().split().count("app") == 3
        assert log.read_text().split().count("once") == 1


ADOPTED = """
agent: {name: edge}
processes:
  app: {command: [sleep, "601"], requires: [db], after: [migrate]}
  db: {command: [sh, -c, "sleep 0.5; echo up; exec sleep 600"], ready: {line: up}}
  migrate:
    command: [sh, -c, "exit 0"]
    ready: {ends: true}
    restart: transient
    requires: [db]
"""


async def test_after_a_kill_of_fsmv2_those_that_require_others_are_adopted(tmp_path: Path) -> None:
    document, state = tmp_path / "plant.yaml", tmp_path / "state"
    document.write_text(ADOPTED)
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fsmv2.cli", "run", str(document), "--state-dir", str(state)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await becomes(lambda: bool(list(state.glob("processes/*app/process.json"))), within=200)
    finally:
        run.kill()
        await run.wait()
    pids = {
        name: msgspec.json.decode(next(state.glob(f"processes/*{name}/process.json")).read_bytes())[
            "pid"
        ]
        for name in ("db", "app")
    }
    plant = parse_plant(ADOPTED, state_dir=state, folder=tmp_path)
    async with Runtime(msgspec.structs.replace(plant, settings=SETTINGS)) as tree:
        view = await tree.until(lambda t: works(t, "db", "app"), timeout=200)
        assert {name: view[f"edge/{name}"].observed.pid for name in pids} == pids
