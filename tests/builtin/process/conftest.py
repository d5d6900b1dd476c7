"""A free port, and a runtime of one real process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from process_kit import SETTINGS, HeardRuntime, config_of, spec_of

import free_ports
from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.builtin.process import Process
from fsmv2.builtin.process.lifecycle import stop
from fsmv2.builtin.process.process_record import read_record


@pytest.fixture
def free_port() -> Callable[[], int]:
    return free_ports.free_port


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A runtime of one process named `p`; whatever a failed test left behind is ended."""
    factory = WorkerFactory()
    factory.register(Process)

    def make(*command: str, **more: Any) -> Any:
        spec = spec_of(tmp_path, *command, **more)
        return HeardRuntime(ChildSpec("p", "process", spec), factory, settings=SETTINGS, seed=1)

    yield make
    if read_record(str(tmp_path / "state/p")) is not None:
        with suppress(Exception):
            asyncio.run(stop(config_of(tmp_path, "x", grace=0.1)))
