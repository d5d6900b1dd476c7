"""Start, adopt, stop: one real server, known by identity, and nothing left of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from broker_url import connect_url
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_status import probe, probe_url
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.server import start, stop, store_lock
from fsmv2.errors import PermanentError, TemporaryError
from fsmv2.flow import Login
from fsmv2.host.procfs import kernel_start
from suspended_process import suspend

pytestmark = pytest.mark.real

START = """
import asyncio, sys
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.server import start
config = BrokerConfig(state_dir=sys.argv[1], port=int(sys.argv[2]), mqtt_port=int(sys.argv[3]))
print(asyncio.run(start(config)).pid)
"""


def start_elsewhere(config: BrokerConfig) -> subprocess.Popen[str]:
    """Another process that starts this broker, prints its pid, and ends."""
    words = [config.state_dir, str(config.port), str(config.mqtt_port)]
    return subprocess.Popen(
        [sys.executable, "-c", START, *words], stdout=subprocess.PIPE, text=True
    )


def test_a_started_broker_is_ready_on_both_protocols(config: BrokerConfig) -> None:
    status = asyncio.run(start(config))
    assert (status.status, status.port, status.mqtt_port) == (
        "ready",
        config.port,
        config.mqtt_port,
    )
    assert status.version.startswith("2.")
    assert find_servers(config) == [status.pid]


def test_a_look_at_a_ready_broker_takes_less_than_a_tenth_of_a_second(
    config: BrokerConfig,
) -> None:
    asyncio.run(start(config))

    async def looks() -> list[float]:
        took = []
        for _ in range(5):
            began = time.perf_counter()
            assert (await probe(config)).ready
            took.append(time.perf_counter() - began)
        return took

    assert min(asyncio.run(looks())) < 0.1


def test_a_look_changes_nothing(config: BrokerConfig) -> None:
    """Neither before there is a broker, nor while one runs."""
    assert asyncio.run(probe(config)).reason == "not running"
    assert not config.directory.exists()
    asyncio.run(start(config))
    before = (config.directory / "broker.json").read_bytes()
    asyncio.run(probe(config))
    assert (config.directory / "broker.json").read_bytes() == before


def test_a_second_start_adopts(config: BrokerConfig) -> None:
    first = asyncio.run(start(config))
    again = asyncio.run(start(config))
    assert (again.pid, again.started_at) == (first.pid, first.started_at)
    assert find_servers(config) == [first.pid]


def test_a_broker_of_a_process_that_has_ended_is_adopted_and_can_be_stopped(
    config: BrokerConfig, has_ended: Callable[[int], bool]
) -> None:
    """It lives on in a session of its own, and is not our child."""
    with start_elsewhere(config) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.read())
    assert os.getsid(pid) == pid
    assert asyncio.run(start(config)).pid == pid
    asyncio.run(stop(config))
    assert has_ended(pid)
    assert asyncio.run(probe(config)).status == "absent"


def test_a_broker_that_0_2_0_started_is_adopted_with_its_record(config: BrokerConfig) -> None:
    """It wrote no boot, and no space for the next record."""
    first = asyncio.run(start(config))
    file = config.directory / "broker.json"
    record = msgspec.json.decode(file.read_bytes())
    assert record.pop("boot")
    file.write_bytes(msgspec.json.encode(record))
    file.with_name("broker.json.spare").unlink()
    again = asyncio.run(start(config))
    assert (again.status, again.pid, again.started_at) == ("ready", first.pid, first.started_at)
    asyncio.run(stop(config))
    assert find_servers(config) == []


def test_two_processes_that_start_at_once_get_one_server(config: BrokerConfig) -> None:
    with start_elsewhere(config) as one, start_elsewhere(config) as other:
        assert one.stdout is not None
        assert other.stdout is not None
        pids = {int(one.stdout.read()), int(other.stdout.read())}
    assert find_servers(config) == list(pids)


def test_two_starts_in_one_loop_get_one_server(config: BrokerConfig) -> None:
    async def both() -> set[int]:
        return {s.pid for s in await asyncio.gather(start(config), start(config))}

    assert list(asyncio.run(both())) == find_servers(config)


def test_a_stop_leaves_no_process_no_zombie_and_no_record(config: BrokerConfig) -> None:
    pid = asyncio.run(start(config)).pid
    asyncio.run(stop(config))
    assert kernel_start(pid) is None  # a zombie would still have one
    assert not (config.directory / "broker.json").exists()
    assert asyncio.run(probe(config)).reason == "not running"


def test_a_stop_can_be_repeated_and_comes_before_any_start(config: BrokerConfig) -> None:
    asyncio.run(stop(config))
    assert not config.directory.exists()
    asyncio.run(start(config))
    asyncio.run(stop(config))
    asyncio.run(stop(config))
    assert find_servers(config) == []


def test_a_stop_kills_a_server_that_does_not_react(config: BrokerConfig) -> None:
    pid = asyncio.run(start(config)).pid
    suspend(pid)
    asyncio.run(stop(config, grace=0.2))
    assert kernel_start(pid) is None


def test_a_stop_works_where_the_kernel_offers_no_handles(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(pid: int) -> int:
        raise PermissionError(pid)

    pid = asyncio.run(start(config)).pid
    monkeypatch.setattr(os, "pidfd_open", refused)
    asyncio.run(stop(config))
    assert kernel_start(pid) is None


def test_a_server_that_hangs_is_unresponsive_and_a_start_replaces_it(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsmv2.builtin.broker.server.ADOPT_WITHIN", 0.2)
    monkeypatch.setattr("fsmv2.builtin.broker.server.REPLACE_GRACE", 0.2)
    hanging = asyncio.run(start(config)).pid
    suspend(hanging)
    seen = asyncio.run(probe(config))
    assert (seen.status, seen.pid) == ("unresponsive", hanging)
    assert "does not answer within 1 s" in seen.reason
    fresh = asyncio.run(start(config))
    assert fresh.ready
    assert find_servers(config) == [fresh.pid]
    assert kernel_start(hanging) is None


def test_a_server_that_was_never_ready_is_waited_for_and_not_ended(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long recovery of stored data would otherwise restart again and again."""
    pid = asyncio.run(start(config)).pid
    monkeypatch.setattr("fsmv2.builtin.broker.server.READY_WITHIN", 0.2)
    record = msgspec.json.decode((config.directory / "broker.json").read_bytes())
    record["ready"] = False
    (config.directory / "broker.json").write_bytes(msgspec.json.encode(record))
    suspend(pid)
    assert asyncio.run(probe(config)).status == "starting"
    with pytest.raises(TemporaryError, match=f"still waiting for the broker: pid {pid} runs"):
        asyncio.run(start(config))
    os.kill(pid, signal.SIGCONT)
    monkeypatch.undo()
    assert asyncio.run(start(config)).pid == pid


def test_another_sync_interval_takes_effect_at_the_next_start(config: BrokerConfig) -> None:
    first = asyncio.run(start(config))
    changed = msgspec.structs.replace(config, sync_interval=0.0)
    assert asyncio.run(probe(changed)).status == "outdated"
    second = asyncio.run(start(changed))
    assert second.ready
    assert find_servers(config) == [second.pid] != [first.pid]
    assert 'sync_interval: "always"' in config.config_file.read_text()


def test_one_directory_spelt_in_two_ways_is_one_broker(
    config: BrokerConfig, tmp_path: Path
) -> None:
    first = asyncio.run(start(config))
    (tmp_path / "link").symlink_to(config.state_dir)
    other = msgspec.structs.replace(config, state_dir=str(tmp_path / "link"))
    assert asyncio.run(start(other)).pid == first.pid


def test_the_server_holds_the_lock_on_its_store_as_long_as_it_lives(config: BrokerConfig) -> None:
    """Even with every record and file gone, a second server cannot open the same store."""

    async def take() -> None:
        async with store_lock(config, within=0.0):
            pass

    asyncio.run(start(config))
    with pytest.raises(TemporaryError, match=r"\(nats-server\) still uses"):
        asyncio.run(take())
    asyncio.run(stop(config))
    asyncio.run(take())


def test_a_store_in_use_is_not_opened_and_its_user_is_named(config: BrokerConfig) -> None:
    config.directory.mkdir()
    lock = config.directory / "store.lock"
    holding = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(lock)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TemporaryError, match=f"pid {holder.pid} .* still uses the broker"):
            asyncio.run(start(config))
        holder.communicate(b"\n")
    assert find_servers(config) == []


def test_nobody_else_can_read_what_the_broker_keeps(config: BrokerConfig) -> None:
    config.directory.mkdir(mode=0o755)
    asyncio.run(start(config))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in config.directory.iterdir()}
    assert stat.S_IMODE(config.directory.stat().st_mode) == 0o700
    assert modes["store"] == 0o700
    written_by_us = ("broker.json", "nats-server.conf", "nats-server.out", "ports.json")
    assert [modes[name] for name in written_by_us] == [0o600] * 4


def test_the_server_inherits_nothing_but_the_lock(config: BrokerConfig) -> None:
    """No pipe of ours that would break, or that would keep a caller waiting for its end."""
    ours, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    try:
        pid = asyncio.run(start(config)).pid
    finally:
        os.close(theirs)
    links = {}
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links[link.name] = os.readlink(link)
    # Readable is its end: nobody, also not the server, has the other side.
    ended, _, _ = select.select([ours], [], [], 2.0)
    os.close(ours)
    assert ended
    assert links["0"] == "/dev/null"
    assert links["1"] == links["2"] == str(config.output_file)
    inherited = [link for link in links.values() if link.endswith(".lock")]
    assert inherited == [str(config.directory / "store.lock")]


def test_a_server_that_cannot_start_says_why(config: BrokerConfig) -> None:
    (config.directory / "store").mkdir(parents=True)
    (config.directory / "store" / "jetstream").write_text("not a directory")
    with pytest.raises(TemporaryError, match=r"ended at once: .*\[FTL\].*storage directory"):
        asyncio.run(start(config))
    assert find_servers(config) == []


def test_a_directory_that_cannot_be_made_is_named(configure: Callable[..., BrokerConfig]) -> None:
    inside_a_file = configure("file/broker")
    Path(inside_a_file.state_dir).parent.write_text("")
    with pytest.raises(PermanentError, match="file/broker cannot be made"):
        asyncio.run(start(inside_a_file))
    Path(inside_a_file.state_dir).parent.unlink()


def test_a_broker_of_the_users_is_looked_at_by_its_url(config: BrokerConfig) -> None:
    asyncio.run(start(config))
    url = connect_url(config)
    assert asyncio.run(probe_url(url, Login())).ready
    asyncio.run(stop(config))
    gone = asyncio.run(probe_url(url, Login()))
    assert (gone.status, gone.reason) == (
        "unresponsive",
        f"nats://127.0.0.1:{config.port}: connection refused",
    )


def test_there_is_no_other_door_than_the_two_ports(
    configure: Callable[..., BrokerConfig], free_port: Callable[[], int]
) -> None:
    """A value that tries to open a monitoring port is a value."""
    monitoring = free_port()
    config = configure(f'jürgen {{{{ x }}}} €"\nhttp: "127.0.0.1:{monitoring}')
    assert asyncio.run(start(config)).ready
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{monitoring}/varz", timeout=2)
