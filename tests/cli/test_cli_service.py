"""`run` under a service manager that is a socket of ours: ready, alive, status, the end."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DOCUMENT = """
agent: {name: edge}
processes:
  ticker: {command: [sleep, "987654"]}
"""
STUCK_RUN = Path(__file__).with_name("stuck_run.py")


class Service:
    """A run that tells a socket how it is."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"{folder}/notify"
        self.socket.bind(address)
        self.stuck = folder / "stuck"
        file = folder / "plant.yaml"
        file.write_text(DOCUMENT)
        self.told: list[str] = []
        self.run = subprocess.Popen(
            [sys.executable, STUCK_RUN, self.stuck, "run", file, "--state-dir", folder / "state"],
            env={**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def until(self, condition: Callable[[], bool]) -> None:
        limit = time.monotonic() + 200
        while not condition():
            assert time.monotonic() < limit, self.told[-10:]
            self.hear(0.2)

    def hear(self, seconds: float) -> list[str]:
        """The lines of one datagram, if one comes within so many seconds."""
        self.socket.settimeout(seconds)
        try:
            lines = self.socket.recv(4096).decode().split("\n")
        except TimeoutError:
            return []
        self.told += lines
        return lines

    @property
    def alive(self) -> int:
        return self.told.count("WATCHDOG=1")

    def end(self) -> None:
        self.stuck.unlink(missing_ok=True)
        if self.run.poll() is None:
            self.run.terminate()
        try:
            self.run.wait(200)
        finally:
            self.run.kill()
            self.run.wait()
            self.socket.close()


@pytest.fixture
def service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as folder:
        found = Service(Path(folder))
        yield found
        found.end()


@pytest.mark.thorough
def test_h40_the_watchdog_is_fed_by_decisions_whatever_else_fails(service: Service) -> None:
    service.until(lambda: "READY=1" in service.told)
    service.until(lambda: "STATUS=all 2 workers are as requested" in service.told)
    assert not any("NOTIFY_SOCKET" in one for one in environments_of_commands())

    # A disk that takes nothing more: what supervision decides is not held up by it.
    resource.prlimit(service.run.pid, resource.RLIMIT_FSIZE, (0, -1))
    alive = service.alive
    state = str(service.stuck.parent / "state")
    pause = [sys.executable, "-m", "fsmv2.cli", "pause", "edge/ticker", "--state-dir", state]
    subprocess.run(pause, capture_output=True, timeout=200, check=True)
    service.until(lambda: any("the store cannot be written" in one for one in service.told))
    service.until(lambda: service.alive > alive + 6)
    resource.prlimit(service.run.pid, resource.RLIMIT_FSIZE, (-1, -1))

    # Supervision that is stuck: nothing is told, although its other threads go on.
    service.stuck.touch()
    limit, silent_since, alive = time.monotonic() + 200, time.monotonic(), service.alive
    while time.monotonic() - silent_since < 2.0:
        assert time.monotonic() < limit
        service.hear(0.2)
        if service.alive > alive:
            alive, silent_since = service.alive, time.monotonic()
    service.stuck.unlink()
    service.until(lambda: service.alive > alive)

    service.run.terminate()
    service.until(lambda: "STOPPING=1" in service.told)
    assert any(one.startswith("EXTEND_TIMEOUT_USEC=") for one in service.told)
    assert service.run.wait(200) == 0
    assert service.told.count("READY=1") == 1


def environments_of_commands() -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if b"987654" in (place / "cmdline").read_bytes():
                found.append((place / "environ").read_text(errors="replace"))
        except OSError:
            continue
    assert found
    return found
