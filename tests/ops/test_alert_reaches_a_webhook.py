"""A PLC dies, and whoever is on call is sent the worker, the reason and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from monitoring_servers import alertmanager, prometheus, query, receiver, until
from plant_in_trouble import plc, running

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


@pytest.mark.thorough
def test_a_dead_plc_is_reported_with_its_worker_reason_and_next_step(tmp_path: Path) -> None:
    port = free_port()
    with (
        receiver() as (webhook, got),
        plc(port) as machine,
        running(tmp_path, PLANT.format(port=port)) as target,
        alertmanager(tmp_path, webhook) as manager,
        prometheus(tmp_path, target, alertmanager=manager) as address,
    ):
        active = 'fsmv2_workers{type="bridge",state="active"} == 1'
        until("an active bridge", lambda: query(address, active))
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
    assert alert["annotations"]["runbook_url"].endswith("/worker-in-trouble.md")
    assert alert["labels"]["severity"] == "page"
