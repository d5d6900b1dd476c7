"""The broker worker in a tree, with the real server that it keeps running."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_worker import Broker, BrokerSpec
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.runtime import Runtime


@pytest.mark.real
async def test_it_starts_restarts_and_ends_a_real_server(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    factory = WorkerFactory()
    factory.register(Broker)
    spec = BrokerSpec(state_dir=config.state_dir, port=config.port, mqtt_port=config.mqtt_port)
    async with Runtime(ChildSpec("broker", "broker", spec), factory, seed=1) as tree:
        await tree.until(lambda t: t["broker"].state == "active", timeout=200)
        (first,) = find_servers(config)
        os.kill(first, signal.SIGKILL)
        view = await tree.until(lambda t: t["broker"].state == "crashed", timeout=200)
        assert f"pid {first} was killed by SIGKILL" in view["broker"].reason
        await tree.until(lambda t: t["broker"].state == "active", timeout=200)
        (second,) = find_servers(config)
        assert second != first
    assert has_ended(second)
    assert find_servers(config) == []
