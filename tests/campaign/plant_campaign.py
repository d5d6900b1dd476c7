"""A whole plant that is killed again and again: twenty bridges, a broker, three processes."""

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
from left_files import surplus

from fsmv2 import EngineSettings

KILLS = int(os.environ.get("KILLS") or 15)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10_000))
BRIDGES = 20
PROCESSES = ("database", "service", "ticker")
PATIENCE = float(os.environ.get("PATIENCE") or 90)
"""Seconds for what a busy machine does in five; a campaign of the lowest priority needs more."""
LONGEST_LIFE = 6.0 * PATIENCE / 90
"""Seconds after which a run is killed at the latest: it may be starting, running or stopping."""
JOURNAL_BYTES = EngineSettings().journal_mb << 20
SLOW = "degraded_connection: answers slower than 500 ms"
FSMV2 = (sys.executable, "-m", "fsmv2.cli")
SUPERVISED = Path(__file__).with_name("supervised.py")


class Campaign:
    """One plant and its state directory, over many runs of `fsmv2 run`."""

    def __init__(self, folder: Path, machines: list[int], ports: tuple[int, int, int]) -> None:
        self.folder, self.state = folder, folder / "state"
        self.file = folder / "plant.yaml"
        self.mqtt_port = ports[1]
        self.first_text = self._document(machines, *ports)
        self.file.write_text(self.first_text)
        self.environment = dict(os.environ)
        """Of the runs: which build they are of, say."""
        self.run: subprocess.Popen[str] | None = None
        self.runs = 0
        self.brokers: set[int] = set()
        self.output = folder / "output-0.jsonl"

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
        self.output = self.folder / f"output-{self.runs}.jsonl"
        with self.output.open("w") as output:
            self.run = subprocess.Popen(
                [*FSMV2, "run", str(self.file), "--json", "--state-dir", str(self.state)],
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env=self.environment,
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

    def reports(self) -> Iterator[dict[str, Any]]:
        """What this run reported."""
        for line in self.output.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # the last one is being written
                report = json.loads(line)
                if isinstance(report, dict):
                    yield report

    def states(self) -> dict[str, str]:
        """Path → the last state that this run reported; one that is only slow is active."""
        reported = (one for one in self.reports() if one.get("kind") == "transition")
        # A machine that is too busy to hear of an answer in time is no trouble of the plant.
        return {
            one["path"]: "active" if one["text"].endswith(SLOW) else one["state"]
            for one in reported
        }

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

    def check_adopted(self, *names: str) -> None:
        """No run has started another broker, or another of these processes."""
        self.brokers |= set(self.living("nats-server"))
        assert len(self.brokers) <= 1, f"the broker was not adopted: {self.brokers}, {self.output}"
        for name in names:
            starts = self.starts(name)
            assert len(starts) <= 1, f"{name} was not adopted: {starts}, {self.output}"

    def check_an_orderly_end(
        self, *, replays: bool = True, processes: int = len(PROCESSES)
    ) -> None:
        """A stop leaves nothing behind; what was recorded replays; files do not pile up.

        `processes`: those that ever were; the folder of one is removed a minute after its end.
        """
        code = self.stop()
        assert code == 0, self.tail()
        assert self.living("") == [], "a stop left processes behind"
        if replays:
            replayed = self.replay()
            assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert surplus(self.state, self.runs, processes, JOURNAL_BYTES) == []

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
