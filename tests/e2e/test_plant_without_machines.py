"""A plant whose values are made: `fsmv2 run`, a real broker, and what a client hears."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from plant_kit import listening, until

from free_ports import free_port

pytestmark = pytest.mark.real

PLANT = """\
agent: {{name: edge, location: {{enterprise: acme}}}}
broker: {{embedded: true, port: {port}, mqtt_port: {mqtt_port}}}
bridges:
  - name: oven
    location: {{site: cologne, area: hall, line: oven}}
    read:
      input:
        generate:
          every: 50ms
          seed: 3
          tags:
            - {{name: temperature, curve: sine, period: 1s, amplitude: 15, offset: 180}}
            - {{name: pieces, curve: counter, period: 100ms}}
            - {{name: vibration, curve: random, period: 50ms}}
            - {{name: state, curve: steps, period: 100ms, values: [idle, heating]}}
"""
PREFIX = "umh/v1/acme/cologne/hall/oven/_raw/"


def fsmv2(*words: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fsmv2.cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.thorough
async def test_every_curve_arrives_from_a_run_and_why_shows_the_flow(tmp_path: Path) -> None:
    """Validated, rendered, run and explained like any plant; nothing of it is a machine."""
    file, mqtt_port = tmp_path / "plant.yaml", free_port()
    file.write_text(PLANT.format(port=free_port(), mqtt_port=mqtt_port))
    said, _ = fsmv2("validate", str(file)).communicate(timeout=200)
    assert "no problems, no warnings" in said
    shown, _ = fsmv2("render", str(file)).communicate(timeout=200)
    assert "type: generate" in shown
    assert "connection" not in shown
    state = tmp_path / "state"
    running = fsmv2("run", str(file), "--state-dir", str(state))
    try:
        async with listening(mqtt_port) as listener:
            await until(lambda: len(listener.heard) > 200, timeout=200, what="samples arrive")
        why, _ = await asyncio.to_thread(
            fsmv2("why", "edge/oven", "-f", str(file), "--state-dir", str(state)).communicate,
            timeout=200,
        )
        assert "makes 4 tags every 0.05 s" in why
    finally:
        os.kill(running.pid, signal.SIGTERM)
        last, _ = await asyncio.to_thread(running.communicate, timeout=200)
    assert running.returncode == 0, last
    heard: dict[str, list[Any]] = {}
    for topic, payload in listener.heard:
        heard.setdefault(topic.removeprefix(PREFIX), []).append(payload["value"])
    assert heard.keys() == {"temperature", "pieces", "vibration", "state"}
    assert all(165 <= value <= 195 for value in heard["temperature"])
    assert max(heard["temperature"]) - min(heard["temperature"]) > 20
    assert heard["pieces"] == sorted(heard["pieces"])
    assert heard["pieces"][-1] > heard["pieces"][0]
    assert all(-1 <= value <= 1 for value in heard["vibration"])
    assert set(heard["state"]) == {"idle", "heating"}
