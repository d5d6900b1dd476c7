"""Ports: given, or chosen once and kept; and never somebody else's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from fsmv2.builtin.broker import ports as ports_module
from fsmv2.builtin.broker.broker_config import BrokerConfig, make_private_directory
from fsmv2.builtin.broker.broker_record import read_record, write_record
from fsmv2.builtin.broker.broker_status import probe, probe_url
from fsmv2.builtin.broker.credentials import have_credentials
from fsmv2.builtin.broker.handshake import Greeting, greet
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.ports import expected_ports, remember_ports, resolve_ports
from fsmv2.builtin.broker.server import start, stop
from fsmv2.builtin.broker.server_config import digest
from fsmv2.errors import TemporaryError
from fsmv2.flow import Login
from fsmv2.host.free_ports import is_free

pytestmark = pytest.mark.real


@pytest.fixture
def foreign_server(server_program: str, tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Runs a nats-server that is none of ours on a port; its pid."""
    running: list[subprocess.Popen[bytes]] = []

    async def answers(port: int) -> None:
        async with asyncio.timeout(10):
            while not isinstance(await greet("127.0.0.1", port), Greeting):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def run(port: int) -> int:
        words = ["--addr", "127.0.0.1", "--port", str(port), "--log", str(tmp_path / "foreign.log")]
        running.append(subprocess.Popen([server_program, *words, "--name", "fsmv2-0000"]))
        asyncio.run(answers(port))
        return running[-1].pid

    yield run
    for process in running:
        process.terminate()
        process.wait(10)


@contextlib.asynccontextmanager
async def greeter(says: bytes) -> AsyncIterator[int]:
    """Somebody on a port who accepts connections and says this; the port."""

    writers: list[asyncio.StreamWriter] = []

    async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(says)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(greeted, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def test_a_foreign_nats_server_on_the_port_is_refused_named_and_left_alone(
    config: BrokerConfig, foreign_server: Callable[[int], int]
) -> None:
    pid = foreign_server(config.port)
    seen = asyncio.run(probe(config))
    assert (seen.status, seen.pid) == ("foreign", 0)
    named = rf"port {config.port} of 127\.0\.0\.1 is taken by pid {pid} \(nats-server\)"
    with pytest.raises(TemporaryError, match=named):
        asyncio.run(start(config))
    asyncio.run(stop(config))
    assert isinstance(asyncio.run(greet("127.0.0.1", config.port)), Greeting)
    assert find_servers(config) == []


def test_a_foreign_server_that_took_the_port_of_a_crashed_broker_is_not_adopted(
    config: BrokerConfig, foreign_server: Callable[[int], int]
) -> None:
    """The record still names the port; identity, not the port, is what counts."""
    asyncio.run(start(config))
    record = (config.directory / "broker.json").read_bytes()
    asyncio.run(stop(config))
    (config.directory / "broker.json").write_bytes(record)
    foreign_server(config.port)
    assert asyncio.run(probe(config)).status == "foreign"
    with pytest.raises(TemporaryError, match="is taken by pid"):
        asyncio.run(start(config))


def test_a_living_broker_whose_port_somebody_else_answers_is_not_taken_for_ready(
    config: BrokerConfig, foreign_server: Callable[[int], int], free_port: Callable[[], int]
) -> None:
    """Both are nats-servers, and ours lives: only the name tells them apart."""
    asyncio.run(start(config))
    record = read_record(config)
    assert record is not None
    elsewhere = msgspec.structs.replace(config, port=free_port())
    foreign_server(elsewhere.port)
    changed = {"port": elsewhere.port, "digest": digest(elsewhere, have_credentials(elsewhere))}
    write_record(config, msgspec.structs.replace(record, **changed))
    assert asyncio.run(probe(elsewhere)).status == "foreign"


def test_a_taken_mqtt_port_is_refused_and_nothing_is_started(config: BrokerConfig) -> None:
    with (
        socket.create_server(("127.0.0.1", config.mqtt_port)),
        pytest.raises(TemporaryError, match=f"port {config.mqtt_port} of 127.0.0.1 is taken"),
    ):
        asyncio.run(start(config))
    assert find_servers(config) == []
    assert asyncio.run(start(config)).ready


@pytest.mark.parametrize(
    "says",
    [b"SSH-2.0-x\r\n", b"INFO []\r\n", b"INFO {\r\n", b"INFO {}\r\n", b"x" * 100_000, b""],
    ids=["ssh", "list", "broken", "empty", "endless", "silent"],
)
def test_whatever_answers_there_a_look_ends_and_says_foreign(
    configure: Callable[..., BrokerConfig], says: bytes
) -> None:
    async def look() -> str:
        async with greeter(says) as port:
            return (await probe(configure(port=port))).status

    assert asyncio.run(look()) == "foreign"


@pytest.mark.parametrize("url", ["nats://h:notaport", "nats://[::1", "nats://127.0.0.1:1"])
def test_a_url_where_no_broker_is_gives_a_reason_and_no_exception(url: str) -> None:
    assert asyncio.run(probe_url(url, Login())).status == "unresponsive"


def test_chosen_ports_stay_the_same_over_stop_and_start(
    configure: Callable[..., BrokerConfig],
) -> None:
    """Clients have the address in their own configuration."""
    config = configure(port=0, mqtt_port=0)
    first = asyncio.run(start(config))
    asyncio.run(stop(config))
    again = asyncio.run(start(config))
    assert (again.port, again.mqtt_port) == (first.port, first.mqtt_port)
    assert again.pid != first.pid
    assert asyncio.run(probe(config)).ready


def test_a_running_broker_with_chosen_ports_is_adopted(
    configure: Callable[..., BrokerConfig],
) -> None:
    """Its own ports are not free, and yet the ones to use."""
    config = configure(port=0, mqtt_port=0)
    first = asyncio.run(start(config))
    assert asyncio.run(start(config)).pid == first.pid
    settled = resolve_ports(config.directory, port=0, mqtt_port=0)
    assert settled == (first.port, first.mqtt_port)


def test_chosen_ports_differ_and_are_none_the_kernel_gives_away(tmp_path: Path) -> None:
    """A client that tries again and again must not be given the port by chance, and keep it."""
    outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    taken = [socket.socket() for _ in range(2)]
    with contextlib.ExitStack() as stack:
        for holder, preferred in zip(taken, (4222, 1883), strict=True):
            stack.enter_context(holder)
            if is_free(preferred):
                with contextlib.suppress(OSError):
                    holder.bind(("127.0.0.1", preferred))
                    holder.listen()
        port, mqtt_port = resolve_ports(tmp_path / "b", port=0, mqtt_port=0)
    assert port != mqtt_port
    assert max(port, mqtt_port) < outgoing


def test_a_plan_chooses_a_free_port_and_the_same_one_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever applies it as it was saved has it remembered; then the next start takes the same."""
    place = tmp_path / "broker"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        preferred = (taken.getsockname()[1], *ports_module.PREFERRED[1:])
        monkeypatch.setattr(ports_module, "PREFERRED", preferred)
        chosen = expected_ports(place, port=0, mqtt_port=9)
        assert chosen[0] != preferred[0]
        assert expected_ports(place, port=0, mqtt_port=9) == chosen
        assert expected_ports(place, port=5, mqtt_port=9) == (5, 9)
        assert not place.exists()
    remember_ports(place, *chosen)
    assert resolve_ports(place, port=0, mqtt_port=9) == chosen
    assert expected_ports(place, port=0, mqtt_port=0) == chosen


def test_another_given_port_moves_the_broker(
    config: BrokerConfig, free_port: Callable[[], int]
) -> None:
    first = asyncio.run(start(config))
    moved = msgspec.structs.replace(config, port=free_port())
    assert asyncio.run(probe(moved)).status == "outdated"
    second = asyncio.run(start(moved))
    assert second.port == moved.port
    assert find_servers(config) == [second.pid] != [first.pid]
    assert is_free(config.port)


@pytest.fixture
def chosen(
    configure: Callable[..., BrokerConfig],
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> BrokerConfig:
    """A broker with ports chosen earlier; never the preferred ones, which other tests fight for."""
    monkeypatch.setattr(ports_module, "PREFERRED", (0, 0))
    config = configure(port=0, mqtt_port=0)
    make_private_directory(config.directory)
    ports = {"port": free_port(), "mqtt_port": free_port()}
    (config.directory / "ports.json").write_bytes(msgspec.json.encode(ports))
    return config


def test_chosen_ports_stay_the_same_when_a_killed_broker_is_started_at_once(
    chosen: BrokerConfig,
) -> None:
    """The last threads of the killed server may still have them."""
    status = asyncio.run(start(chosen))
    ports = (status.port, status.mqtt_port)
    for _ in range(8):
        os.kill(status.pid, signal.SIGKILL)
        status = asyncio.run(start(chosen))
        assert (status.port, status.mqtt_port) == ports


def test_chosen_ports_stay_the_same_when_the_running_server_is_not_on_record(
    chosen: BrokerConfig,
) -> None:
    """As after a kill of fsmv2 just after it started the server: that one is in nobody's way."""
    lost = asyncio.run(start(chosen))
    ports = (lost.port, lost.mqtt_port)
    (chosen.directory / "broker.json").unlink()
    assert resolve_ports(chosen.directory, port=0, mqtt_port=0) == ports
    fresh = asyncio.run(start(chosen))
    assert (fresh.port, fresh.mqtt_port) == ports
    assert find_servers(chosen) == [fresh.pid] != [lost.pid]


def test_a_chosen_port_that_a_stranger_took_is_chosen_anew_and_the_other_stays(
    chosen: BrokerConfig,
) -> None:
    first = asyncio.run(start(chosen))
    asyncio.run(stop(chosen))
    with socket.create_server(("127.0.0.1", first.port)):
        moved = asyncio.run(start(chosen))
        assert moved.port != first.port
        assert moved.mqtt_port == first.mqtt_port
    asyncio.run(stop(chosen))
    assert asyncio.run(start(chosen)).port == moved.port, "and stays where it is then"
