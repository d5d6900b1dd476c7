"""A PLC dies, and whoever is on call is sent the worker, the reason and what to do."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from monitoring_servers import alertmanager, prometheus, query, receiver, until

from free_ports import free_port

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

PLANT = """
agent: {{name: edge, location: {{enterprise: acme, site: berlin}}}}
http: {{listen: "127.0.0.1:0"}}
bridges:
  - name: filler
    location: {{area: filling}}
    connection: {{host: 127.0.0.1, port: {port}}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{port}"
          every: 500ms
          registers: [{{name: temperature, address: 0, type: int16}}]
"""


@contextlib.contextmanager
def plc(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A simulated machine, a process of its own."""
    words = [sys.executable, "-m", "fsmv2.cli.demo.plc_process", "--port", str(port)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def plant(folder: Path, port: int) -> Iterator[str]:
    """A run of the document, and the host and port at which it is scraped."""
    file = folder / "plant.yaml"
    file.write_text(PLANT.format(port=port))
    words = [sys.executable, "-m", "fsmv2.cli", "run", str(file), "--state-dir", str(folder / "s")]
    run = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert run.stderr is not None
    said: list[bytes] = []
    found = None
    try:
        for line in run.stderr:
            said.append(line)
            if found := re.search(rb"at http://(\S+)", line):
                break
        assert found is not None, said
        rest = threading.Thread(target=run.stderr.read, daemon=True)
        rest.start()
        yield found[1].decode()
    finally:
        run.terminate()
        try:
            run.wait(60)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        rest.join(10)
        run.stderr.close()


def test_a_dead_plc_is_reported_with_its_worker_reason_and_next_step(tmp_path: Path) -> None:
    port = free_port()
    with (
        receiver() as (webhook, got),
        plc(port) as machine,
        plant(tmp_path, port) as target,
        alertmanager(tmp_path, webhook) as manager,
        prometheus(tmp_path, target, manager) as address,
    ):
        running = 'fsmv2_workers{type="bridge",state="active"} == 1'
        until("an active bridge", lambda: query(address, running))
        # What the start itself was in trouble with may still be on its way.
        calm = "sum(fsmv2_workers_in_trouble) == 0 unless ALERTS"
        until("a calm plant", lambda: query(address, calm))
        got.clear()
        machine.kill()

        def arrived() -> dict[str, Any] | None:
            fired = (one for one in got if one["labels"]["alertname"] == "WorkerInTrouble")
            return next((one for one in fired if one["labels"]["type"] == "connection"), None)

        alert = until("the alert", arrived)
    assert "edge/filler/connection" in alert["annotations"]["summary"]
    assert f"127.0.0.1:{port}: connection refused" in alert["annotations"]["description"]
    assert "fsmv2 why PATH" in alert["annotations"]["action"]
    assert alert["annotations"]["runbook_url"].endswith("#workerintrouble")
    assert alert["labels"]["severity"] == "page"
