"""Free ports for the campaigns, and the plant that is killed in them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.bridges import process
from plant_campaign import BRIDGES, Campaign

from free_ports import free_ports as free_ports_of


@pytest.fixture
def free_ports() -> tuple[int, int, int]:
    """Three TCP ports of 127.0.0.1 that nobody uses now."""
    first, second, third = free_ports_of(3)
    return first, second, third


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
