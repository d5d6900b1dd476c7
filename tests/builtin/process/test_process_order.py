"""Real processes in order: one that runs once, those that need it, and those begun together."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from process_kit import SETTINGS, becomes

from fsmv2 import Runtime
from fsmv2.builtin import parse_plant

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
        view = await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=40)
        assert view["edge/migrate"].ended.startswith("finished: ended with exit code 0")
        lines = log.read_text().split()
        assert lines.index("once") < lines.index("app")
        # One of a group fails: the other is begun again with it, the database and the job are not.
        db = view["edge/db"].observed.pid
        os.kill(view["edge/cache"].observed.pid, signal.SIGKILL)
        await becomes(lambda: sorted(log.read_text().split()).count("app") == 2)
        view = await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=40)
        assert view["edge/db"].observed.pid == db
        assert log.read_text().split().count("once") == 1
        # Without the database the application is stopped, and comes back with it.
        os.kill(db, signal.SIGKILL)
        await tree.until(
            lambda t: t["edge/app"].control_reason.startswith("requires edge/db"), timeout=40
        )
        await tree.until(lambda t: works(t, "db", "app", "cache"), timeout=40)
        assert log.read_text().split().count("app") == 3
        assert log.read_text().split().count("once") == 1
