"""A real nats-server for these tests, and the promise that none of it is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import free_ports
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.server import stop
from fsmv2.builtin.broker.spawn import find_server
from fsmv2.errors import PermanentError

Configure = Callable[..., BrokerConfig]


@pytest.fixture(scope="session")
def server_program() -> str:
    """The program nats-server; without it the tests fail in CI and are skipped elsewhere."""
    try:
        return find_server()
    except PermanentError as missing:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have it: {missing}")
        pytest.skip(str(missing))


@pytest.fixture
def free_port() -> Callable[[], int]:
    return free_ports.free_port


@pytest.fixture
def configure(
    server_program: str, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Configure]:
    """Makes configs of embedded brokers below tmp_path; ends every server of them at the end."""
    made: dict[str, BrokerConfig] = {}

    def make(name: str = "broker", **settings: object) -> BrokerConfig:
        given = {"port": free_port(), "mqtt_port": free_port(), **settings}
        config = BrokerConfig(state_dir=str(tmp_path / name), **given)  # type: ignore[arg-type]
        made[config.state_dir] = config
        return config

    yield make
    for config in made.values():
        for pid in find_servers(config):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        asyncio.run(stop(config, grace=2.0))
        assert find_servers(config) == []


@pytest.fixture
def config(configure: Configure) -> BrokerConfig:
    """One embedded broker with free ports."""
    return configure()


@pytest.fixture
def has_ended() -> Callable[[int], bool]:
    """Whether a process is gone, waiting at most 5 s for the kernel."""

    def gone(pid: int) -> bool:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([handle], [], [], 5.0)[0])
        finally:
            os.close(handle)

    return gone
