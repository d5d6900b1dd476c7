"""kill -9 of either side, at any instant: one server, the data still there, nobody else touched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec
import nats
import pytest

from broker_url import connect_url
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import BrokerRecord, read_record, write_record
from fsmv2.builtin.broker.broker_status import probe
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.server import start, stop
from fsmv2.host.procfs import kernel_start, start_time_of

pytestmark = [pytest.mark.real, pytest.mark.thorough]


async def publish(config: BrokerConfig, count: int) -> None:
    """Store messages, each acknowledged."""
    client = await nats.connect(connect_url(config), allow_reconnect=False)
    stream = client.jetstream()
    await stream.add_stream(name="SAMPLES", subjects=["umh.>"])
    for number in range(count):
        await stream.publish("umh.v1.acme", str(number).encode())
    await client.close()


async def stored(config: BrokerConfig) -> list[str]:
    """The payloads in the stream."""
    client = await nats.connect(connect_url(config), allow_reconnect=False)
    stream = client.jetstream()
    last = (await stream.stream_info("SAMPLES")).state.last_seq
    found = [await stream.get_msg("SAMPLES", seq) for seq in range(1, last + 1)]
    await client.close()
    return [(message.data or b"").decode() for message in found]


def kill(pid: int, has_ended: Callable[[int], bool]) -> None:
    os.kill(pid, signal.SIGKILL)
    assert has_ended(pid)


def test_a_killed_server_is_absent_and_the_reason_says_how(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    pid = asyncio.run(start(config)).pid
    kill(pid, has_ended)
    seen = asyncio.run(probe(config))
    assert (seen.status, seen.reason) == ("absent", f"pid {pid} was killed by SIGKILL")


def test_after_a_kill_the_same_ports_and_every_acknowledged_message(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    """Also with the longest sync interval: what was written is in the system's cache, not lost."""
    slow = msgspec.structs.replace(config, sync_interval=86400.0)
    first = asyncio.run(start(slow))
    asyncio.run(publish(slow, 200))
    kill(first.pid, has_ended)
    again = asyncio.run(start(slow))
    assert (again.port, again.mqtt_port) == (first.port, first.mqtt_port)
    assert asyncio.run(stored(slow)) == [str(number) for number in range(200)]


def test_a_start_after_a_kill_leaves_no_zombie(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    pid = asyncio.run(start(config)).pid
    kill(pid, has_ended)
    asyncio.run(start(config))
    assert kernel_start(pid) is None


def test_a_record_of_somebody_elses_pid_signals_nobody(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    """The pid was given to another process: neither a start nor a stop touches that one."""
    pid = asyncio.run(start(config)).pid
    record = msgspec.json.decode((config.directory / "broker.json").read_bytes(), type=BrokerRecord)
    kill(pid, has_ended)
    with subprocess.Popen(["sleep", "60"]) as unrelated:
        forged = msgspec.structs.replace(record, pid=unrelated.pid)
        write_record(config, forged)
        assert asyncio.run(probe(config)).status == "absent"
        asyncio.run(stop(config, grace=0.1))
        write_record(config, forged)
        assert asyncio.run(start(config)).pid != unrelated.pid
        assert unrelated.poll() is None
        unrelated.kill()
    os.waitpid(pid, os.WNOHANG)  # the forged record hid our own child from the start


def test_even_a_record_with_the_right_start_time_signals_no_other_program(
    config: BrokerConfig,
) -> None:
    """After a boot, pid and start time may repeat by chance; the command line does not."""
    config.directory.mkdir()
    with subprocess.Popen(["sleep", "60"]) as unrelated:
        began = start_time_of(unrelated.pid)
        assert began is not None
        write_record(
            config,
            BrokerRecord(
                pid=unrelated.pid,
                start_time=began,
                name="fsmv2-x",
                port=config.port,
                mqtt_port=config.mqtt_port,
                started_at=time.time(),
            ),
        )
        asyncio.run(stop(config, grace=0.1))
        assert unrelated.poll() is None
        unrelated.kill()


def test_a_server_that_is_not_on_record_is_seen_and_replaced(
    config: BrokerConfig,
) -> None:
    """As after a kill of fsmv2 between starting the server and writing the record."""
    lost = asyncio.run(start(config)).pid
    (config.directory / "broker.json").unlink()
    seen = asyncio.run(probe(config))
    assert (seen.status, seen.pid) == ("outdated", lost)
    fresh = asyncio.run(start(config))
    assert find_servers(config) == [fresh.pid] != [lost]
    with contextlib.suppress(ChildProcessError):
        os.waitpid(lost, os.WNOHANG)


def test_a_server_that_is_not_on_record_is_ended_by_a_stop(config: BrokerConfig) -> None:
    asyncio.run(start(config))
    (config.directory / "broker.json").write_text("half a rec")
    asyncio.run(stop(config))
    assert find_servers(config) == []


DIES = """
import asyncio, os, signal, sys
from fsmv2.builtin.broker import server
from fsmv2.builtin.broker.broker_config import BrokerConfig

def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_after(real):
    def both(*given, **named):
        real(*given, **named)
        die()
    return both

where, name = sys.argv[4].split(":")
real = getattr(server, name)
setattr(server, name, die if where == "before" else dies_after(real))
config = BrokerConfig(state_dir=sys.argv[1], port=int(sys.argv[2]), mqtt_port=int(sys.argv[3]))
asyncio.run(server.start(config))
"""

INSTANTS = [
    "before:settle",
    "before:replace_private",
    "after:replace_private",
    "before:spawn",
    "after:spawn",
    "before:write_record",
    "after:write_record",
    "before:_until_ready",
    "before:_mark_ready",
    "after:_mark_ready",
]


def run_start(config: BrokerConfig, program: str, how: str) -> int:
    words = [config.state_dir, str(config.port), str(config.mqtt_port), how]
    return subprocess.run([sys.executable, "-c", program, *words]).returncode


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_start_killed_at_this_instant_leaves_one_server_after_the_next(
    config: BrokerConfig, instant: str
) -> None:
    assert run_start(config, DIES, instant) == -signal.SIGKILL
    assert len(find_servers(config)) <= 1
    status = asyncio.run(start(config))
    assert status.ready
    assert find_servers(config) == [status.pid]


TIMED = """
import asyncio, signal, sys
from fsmv2.builtin.broker import server
from fsmv2.builtin.broker.broker_config import BrokerConfig
config = BrokerConfig(state_dir=sys.argv[1], port=int(sys.argv[2]), mqtt_port=int(sys.argv[3]))
signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process as it stands, like a kill
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[4]))
asyncio.run(server.start(config))
"""


def test_starts_killed_one_after_the_other_at_any_time_leave_one_server(
    config: BrokerConfig,
) -> None:
    """Each meets what the one before it left half done."""
    killed = 0
    for tenths in (3, 10, 30, 60, 120, 240, 480):
        killed += run_start(config, TIMED, str(tenths / 10_000)) == -signal.SIGALRM
        assert len(find_servers(config)) <= 1
    assert killed >= 3
    status = asyncio.run(start(config))
    assert find_servers(config) == [status.pid]


def test_a_start_that_is_cancelled_leaves_what_the_next_one_or_a_stop_can_use(
    config: BrokerConfig,
) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(start(config))
        async with asyncio.timeout(10):
            while not (config.directory / "broker.json").exists():  # noqa: ASYNC110
                await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    record = read_record(config)  # a moment before its command line says what it is
    assert record is not None
    assert asyncio.run(start(config)).pid == record.pid
    asyncio.run(stop(config))
    assert find_servers(config) == []


def test_a_stop_right_after_the_spawn_ends_the_server_whatever_can_be_seen_of_it(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch, has_ended: Callable[[int], bool]
) -> None:
    """While the kernel puts its program in its place, its command line is empty."""
    pid = asyncio.run(start(config)).pid
    for module in ("own_servers", "broker_record"):
        monkeypatch.setattr(f"fsmv2.builtin.broker.{module}.command_line", lambda pid: [])
    assert find_servers(config) == []
    assert asyncio.run(probe(config)).pid == pid
    asyncio.run(stop(config))
    assert has_ended(pid)
