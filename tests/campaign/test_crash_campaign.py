"""kill -9 of a whole plant at random moments, again and again, and what must hold after each.

Twenty bridges to real Modbus servers, the embedded broker, and three processes that need each
other. `make crash-campaign KILLS=50 SEED=7` for more of it; the seed of a run is in its output.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest
from bench.bridges import process
from left_files import surplus

from fsmv2 import EngineSettings

pytestmark = [pytest.mark.real, pytest.mark.campaign]

KILLS = int(os.environ.get("KILLS") or 15)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10_000))
BRIDGES = 20
PROCESSES = ("database", "service", "ticker")
LONGEST_LIFE = 6.0
"""Seconds after which a run is killed at the latest: it may be starting, running or stopping."""
JOURNAL_BYTES = EngineSettings().journal_mb << 20
PATIENCE = 90.0
"""Seconds for what a busy machine does in five."""
FSMV2 = (sys.executable, "-m", "fsmv2.cli")
SUPERVISED = Path(__file__).with_name("supervised.py")


class Campaign:
    """One plant and its state directory, over many runs of `fsmv2 run`."""

    def __init__(self, folder: Path, machines: list[int], ports: tuple[int, int, int]) -> None:
        self.folder, self.state = folder, folder / "state"
        self.file = folder / "plant.yaml"
        self.mqtt_port = ports[1]
        self.file.write_text(self._document(machines, *ports))
        self.run: subprocess.Popen[str] | None = None
        self.runs = 0
        self.output = folder / "output.jsonl"

    def _document(self, machines: list[int], port: int, mqtt_port: int, web_port: int) -> str:
        command = f"[{sys.executable}, -u, {SUPERVISED}, {self.folder}"
        bridges = "\n".join(
            f"  - {{name: m{n}, template: plc, variables: {{PORT: {p}}},"
            f" location: {{area: a, line: l, cell: m{n}}}}}"
            for n, p in enumerate(machines)
        )
        return f"""\
agent: {{name: edge, location: {{enterprise: acme, site: here}}}}
broker: {{embedded: true, port: {port}, mqtt_port: {mqtt_port}}}
templates:
  plc:
    connection: {{host: 127.0.0.1, port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{{{{ .PORT }}}}"
          every: 200ms
          registers:
            - {{name: one, address: 0, type: uint16}}
            - {{name: two, address: 1, type: uint16}}
      output: {{uns: {{contract: _raw}}}}
bridges:
{bridges}
processes:
  database: {{command: {command}, database, "{web_port}"], ready: {{port: {web_port}}}}}
  service: {{command: {command}, service], requires: [database], ready: {{line: serves}}}}
  ticker: {{command: {command}, ticker], after: [service]}}
"""

    def start(self) -> None:
        """`fsmv2 run`, its reports in a file."""
        self.runs += 1
        with self.output.open("w") as output:
            self.run = subprocess.Popen(
                [*FSMV2, "run", str(self.file), "--json", "--state-dir", str(self.state)],
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
            )

    def kill(self) -> None:
        """kill -9 of fsmv2 alone."""
        assert self.run is not None
        self.run.kill()
        self.run.wait()

    def stop(self) -> int:
        """An orderly stop; its exit code."""
        assert self.run is not None
        self.run.send_signal(signal.SIGTERM)
        return self.run.wait(timeout=PATIENCE)

    def replay(self) -> subprocess.CompletedProcess[str]:
        """`fsmv2 replay` of all that these runs recorded."""
        return subprocess.run(
            [*FSMV2, "replay", str(self.state / "journal")],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def states(self) -> dict[str, str]:
        """Path → the last state that this run reported."""
        found: dict[str, str] = {}
        for line in self.output.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # the last one is being written
                report = json.loads(line)
                if isinstance(report, dict) and report.get("kind") == "transition":
                    found[report["path"]] = report["state"]
        return found

    def wait_until_converged(self) -> None:
        """Until every bridge and process is reported as running; fails if the run ends."""
        assert self.run is not None
        wanted = {f"edge/m{n}": "active" for n in range(BRIDGES)}
        wanted |= {f"edge/{name}": "running" for name in PROCESSES}
        limit = time.monotonic() + PATIENCE
        while True:
            states = self.states()
            missing = {p: states.get(p) for p, s in wanted.items() if states.get(p) != s}
            if not missing:
                return
            assert self.run.poll() is None, f"ended with {self.run.returncode}: {self.tail()}"
            assert time.monotonic() < limit, f"not converged: {missing}\n{self.tail()}"
            time.sleep(0.1)

    def tail(self) -> str:
        """The last lines of the output."""
        return "\n".join(self.output.read_text().splitlines()[-12:])

    def starts(self, name: str) -> list[int]:
        """The pids that a process ever had."""
        file = self.folder / f"{name}.starts"
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def check_nothing_runs_twice(self) -> None:
        """At most one broker, and one of each process."""
        brokers = self.living("nats-server")
        assert len(brokers) <= 1, f"two brokers: {brokers}"
        assert [file.name for file in self.folder.glob("*.doubled")] == []
        commands = set(self.living(SUPERVISED.name))
        for name in PROCESSES:
            living = commands & set(self.starts(name))
            assert len(living) <= 1, f"{name} lives twice: {living}"

    def check_an_orderly_end(self) -> None:
        """A stop leaves nothing behind; what was recorded replays; files do not pile up."""
        code = self.stop()
        assert code == 0, self.tail()
        assert self.living("") == [], "a stop left processes behind"
        replayed = self.replay()
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert surplus(self.state, self.runs, len(PROCESSES), JOURNAL_BYTES) == []

    def living(self, word: str) -> list[int]:
        """Living processes with this plant's folder and `word` on their command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    line = (entry / "cmdline").read_bytes().decode(errors="replace")
                    dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                    if str(self.folder) in line and word in line and not dead:
                        found.append(int(entry.name))
        return found


class Subscriber:
    """An MQTT client that comes back whenever it loses the broker."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.times: dict[str, list[int]] = {}
        """Topic → the timestamps of its samples, as they came."""

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", self._port) as client:
                    await client.subscribe("umh/v1/#")
                    async for message in client.messages:
                        sample: dict[str, Any] = msgspec.json.decode(bytes(message.payload))
                        times = self.times.setdefault(str(message.topic), [])
                        times.append(sample["timestamp_ms"])
            await asyncio.sleep(0.1)


@pytest.fixture
def campaign(tmp_path: Path, free_ports: tuple[int, int, int]) -> Iterator[Campaign]:
    with process("bench.plcs", str(BRIDGES)) as machines:
        assert machines.stdout is not None
        found = Campaign(tmp_path, json.loads(machines.stdout.readline()), free_ports)
        try:
            yield found
        finally:
            if found.run is not None and found.run.poll() is None:
                found.kill()
            for pid in found.living(""):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(120 + 40 * KILLS)
async def test_a_plant_that_is_killed_at_random_moments_is_adopted_each_time(
    campaign: Campaign,
) -> None:
    """fsmv2 alone is killed: one broker and one of each process for all runs, each tag in order."""
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    subscriber = Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    brokers: set[int] = set()
    try:
        for _ in range(KILLS):
            campaign.start()
            await asyncio.sleep(rng.uniform(0.0, LONGEST_LIFE))
            campaign.kill()
            brokers |= set(campaign.living("nats-server"))
            campaign.check_nothing_runs_twice()
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        count = {topic: len(times) for topic, times in subscriber.times.items()}
        await asyncio.sleep(3)
    finally:
        listening.cancel()
    assert len(brokers) == 1, f"the broker was not adopted: {sorted(brokers)}"
    for name in PROCESSES:
        assert len(campaign.starts(name)) == 1, f"{name} was not adopted: {campaign.starts(name)}"
    assert len(subscriber.times) == 2 * BRIDGES
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
        assert len(times) > count[topic], f"{topic}: no samples any more"
    await asyncio.to_thread(campaign.check_an_orderly_end)


@pytest.mark.timeout(120 + 40 * KILLS)
async def test_whatever_is_killed_with_it_there_is_never_a_second_and_nothing_is_left(
    campaign: Campaign,
) -> None:
    """Killed as well: a stop that is under way, the broker, a shim, a process."""
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    for number in range(KILLS):
        campaign.start()
        await asyncio.sleep(rng.uniform(0.0, LONGEST_LIFE))
        victim = ("", "stop", "nats-server", "fsmv2/builtin/process", SUPERVISED.name)[number % 5]
        if victim == "stop":
            assert campaign.run is not None
            campaign.run.send_signal(signal.SIGTERM)
            await asyncio.sleep(rng.uniform(0.0, 1.0))
        first_fsmv2 = rng.random() < 0.5
        if first_fsmv2:
            campaign.kill()
        if victim not in ("", "stop"):
            for pid in campaign.living(victim)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if not first_fsmv2:
            await asyncio.sleep(rng.uniform(0.0, 1.5))
            campaign.kill()
        campaign.check_nothing_runs_twice()
    campaign.start()
    await asyncio.to_thread(campaign.wait_until_converged)
    await asyncio.to_thread(campaign.check_an_orderly_end)
