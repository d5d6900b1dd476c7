"""The demo's witness against a real broker: it receives over MQTT what JetStream was given."""

import asyncio
import json
import os
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest

from free_ports import free_ports
from fsmv2.cli.demo.subscriber import Subscriber, value_of
from fsmv2.cli.demo.tally import Tally

SERVER = Path(sysconfig.get_path("scripts")) / "nats-server"

pytestmark = pytest.mark.real


@contextmanager
def broker(directory: Path, port: int, mqtt: int) -> Iterator[int]:
    """A nats-server with JetStream and the MQTT gateway; gives its process id."""
    config = directory / "nats.conf"
    config.write_text(
        f"server_name: witness\nlisten: 127.0.0.1:{port}\n"
        f"jetstream {{store_dir: {json.dumps(str(directory / 'js'))}}}\n"
        f"mqtt {{listen: 127.0.0.1:{mqtt}}}\n"
    )
    process = subprocess.Popen([SERVER, "-c", config], stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def until(condition: Callable[[], bool], within: float = 200.0) -> None:
    limit = time.monotonic() + within
    while not condition():
        assert time.monotonic() < limit, "did not become true in time"
        await asyncio.sleep(0.01)


async def publish(port: int, tally: Tally, samples: dict[str, object]) -> None:
    """Accept each sample and publish it to JetStream, as the flow engine does."""
    client = await nats.connect(f"nats://127.0.0.1:{port}", connect_timeout=5)
    stream = client.jetstream()
    await stream.add_stream(name="UNS", subjects=["umh.v1.>"])
    for subject, value in samples.items():
        payload = json.dumps({"timestamp_ms": 1, "value": value}).encode()
        tally.accept(subject, payload)
        await stream.publish(subject, payload)
    await client.close()


def test_what_is_published_arrives_by_topic_and_value(tmp_path: Path) -> None:
    port, mqtt = free_ports(2)

    async def scenario() -> None:
        tally, told = Tally(), []
        subscriber = Subscriber(tally)
        with broker(tmp_path, port, mqtt):
            task = asyncio.create_task(
                subscriber.run(
                    "127.0.0.1", mqtt, tell=told.append, on_value=lambda topic, value: None
                )
            )
            await until(lambda: bool(told))
            await publish(port, tally, {"umh.v1.acme._raw.t": 21.5, "umh.v1.acme._raw.on": True})
            await until(lambda: tally.awaited == 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert dict(subscriber.values) == {"umh/v1/acme/_raw/t": 21.5, "umh/v1/acme/_raw/on": True}
        assert (tally.figures().received, tally.figures().agree) == (2, True)

    asyncio.run(scenario())


def test_it_subscribes_again_after_the_broker_was_killed(tmp_path: Path) -> None:
    port, mqtt = free_ports(2)

    async def scenario() -> None:
        tally, told = Tally(), []
        subscriber = Subscriber(tally)
        with broker(tmp_path, port, mqtt) as pid:
            task = asyncio.create_task(
                subscriber.run(
                    "127.0.0.1", mqtt, tell=told.append, on_value=lambda topic, value: None
                )
            )
            await until(lambda: len(told) == 1)
            os.kill(pid, signal.SIGKILL)
            await until(lambda: len(told) == 2)
        assert "lost its connection" in told[1]
        tally.accept("umh.v1.acme._raw.t", b"nobody was there")
        with broker(tmp_path, port, mqtt):
            await until(lambda: len(told) == 3)
            await publish(port, tally, {"umh.v1.acme._raw.t": 22.0})
            await until(lambda: tally.awaited == 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        figures = tally.figures()
        assert (figures.accepted, figures.apart, figures.missing) == (1, 1, 0)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'{"timestamp_ms": 1, "value": 2.5}', 2.5),
        (b'{"timestamp_ms": 1, "value": "on"}', "on"),
        (b"17", 17),
        (b"not json \xff", "not json \ufffd"),
    ],
)
def test_a_value_is_read_from_whatever_payload(payload: bytes, value: object) -> None:
    assert value_of(payload) == value
