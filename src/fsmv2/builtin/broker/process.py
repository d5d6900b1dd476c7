"""Start the broker, or adopt the one that runs; stop it. Never two, never somebody else's.

Both can be called at any time, again and again, from several processes, and after a kill -9 of
either side at any instant: what is found decides, not what was done before.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import partial

import msgspec

from fsmv2.builtin.broker.config import (
    BrokerConfig,
    known_on_disk,
    make_private_directory,
    write_private,
)
from fsmv2.builtin.broker.credentials import have_credentials
from fsmv2.builtin.broker.kernel import find_servers
from fsmv2.builtin.broker.lock import only_one, store_lock
from fsmv2.builtin.broker.ports import is_free, settle
from fsmv2.builtin.broker.probe import BrokerStatus, foreign, probe
from fsmv2.builtin.broker.record import Record, is_alive, read_record, remove_record, write_record
from fsmv2.builtin.broker.spawn import find_server, last_words, spawn
from fsmv2.builtin.broker.template import digest, render
from fsmv2.builtin.on_disk import on_disk
from fsmv2.builtin.process.ending import end, see_off
from fsmv2.builtin.process.kernel import kernel_start, start_time_of
from fsmv2.errors import TemporaryError
from fsmv2.host.private import sweep

READY_WITHIN = 15.0
"""Seconds one start waits for a server to get ready."""
RECOVER_WITHIN = 300.0
"""Seconds a server that was never ready may take in all; gigabytes stored take a while to read."""
ADOPT_WITHIN = 5.0
"""Seconds a server that was ready but does not answer is given before it is ended."""
LOCK_WITHIN = 10.0
"""Seconds to wait for another process that starts or stops the same broker."""
STORE_WITHIN = 1.0
"""Seconds to wait for the store of a server that is just ending."""
LOOK_EVERY = 0.02
"""Seconds between two looks while waiting; each look asks the server, none only waits."""
REPLACE_GRACE = 2.0
"""Seconds a server that is in the way is given to end by itself."""


async def start(config: BrokerConfig) -> BrokerStatus:
    """Have exactly one broker of this state directory running, and ready.

    Adopts the one that runs; ends one that does not answer or runs with another config; else
    starts one. TemporaryError: it did not get ready, with the end of its log; or a port is taken,
    and by whom. PermanentError: there is no nats-server, or no directory for it.
    """
    await known_on_disk(config)
    program = await on_disk(find_server)
    await on_disk(lambda: make_private_directory(config.directory))
    async with only_one(config, within=LOCK_WITHIN):
        adopted = await _adopt(config)
        if adopted is not None:
            return adopted
        await _end_ours(config, REPLACE_GRACE)
        # Only now: chosen ports that one of ours still has would be taken for somebody else's.
        config = await on_disk(partial(settle, config))
        async with store_lock(config, within=STORE_WITHIN) as lock:
            record = await on_disk(lambda: _spawn(program, config, lock))
        return await _until_ready(config, record)


async def stop(config: BrokerConfig, *, grace: float = 5.0) -> None:
    """End the broker of this state directory: asked first, after `grace` seconds made to.

    Also one that no record names. When it returns nothing of it runs, and no zombie is left.
    TemporaryError: another process is starting it, or it does not end.
    """
    await known_on_disk(config)
    if not await on_disk(config.directory.exists):
        return
    async with only_one(config, within=LOCK_WITHIN):
        await _end_ours(config, grace)


async def _adopt(config: BrokerConfig) -> BrokerStatus | None:
    """The status of a ready server of ours, given time if it is only slow; None: there is none."""
    began = time.monotonic()
    while True:
        status = await probe(config)
        if status.ready:
            await on_disk(lambda: _mark_ready(config))
            return status
        waited = time.monotonic() - began
        if status.state == "starting" and time.time() - status.started_at < RECOVER_WITHIN:
            # Ending it would only make its successor start the same recovery once more.
            if waited > READY_WITHIN:
                raise TemporaryError(f"still waiting for the broker: {status.reason}.")
        elif status.state not in ("starting", "unresponsive") or waited > ADOPT_WITHIN:
            return None
        await asyncio.sleep(LOOK_EVERY)


def _spawn(program: str, config: BrokerConfig, lock: int) -> Record:
    """Start a server and write down whose it is. Nothing is awaited between the two."""
    sweep(config.directory)
    make_private_directory(config.directory / "store")
    name = f"{config.identity}{secrets.token_hex(8)}"
    own = have_credentials(config)
    write_private(config.config_file, render(config, name, own))
    for port in (config.port, config.mqtt_port):
        if not is_free(port, config.host):
            raise TemporaryError(foreign(config, port).reason)
    pid = spawn(program, config, lock)
    record = Record(
        pid=pid,
        start_time=kernel_start(pid) or 0,
        name=name,
        port=config.port,
        mqtt_port=config.mqtt_port,
        started_at=time.time(),
        digest=digest(config, own),
    )
    write_record(config, record)
    return record


async def _until_ready(config: BrokerConfig, record: Record) -> BrokerStatus:
    limit = time.monotonic() + READY_WITHIN
    while True:
        status = await probe(config)
        if status.ready:
            await on_disk(lambda: _mark_ready(config))
            return status
        if start_time_of(record.pid) != record.start_time:
            await see_off(record.pid, record.start_time)
            last = await on_disk(lambda: last_words(config, record.pid))
            raise TemporaryError(f"nats-server ended at once: {last}")
        if time.monotonic() > limit:
            raise TemporaryError(
                f"nats-server is not ready within {READY_WITHIN:.0f} s: {status.reason}."
            )
        await asyncio.sleep(LOOK_EVERY)


def _mark_ready(config: BrokerConfig) -> None:
    record = read_record(config)
    if record is not None and not record.ready:
        write_record(config, msgspec.structs.replace(record, ready=True))


async def _end_ours(config: BrokerConfig, grace: float) -> None:
    """End the recorded server and any other that runs with our config file, and forget it."""
    record = await on_disk(lambda: read_record(config))
    if record is not None:
        if is_alive(config, record):
            await end(record.pid, record.start_time, grace)
        await see_off(record.pid, record.start_time)
    for pid in find_servers(config):
        started = start_time_of(pid)
        if started is not None:
            await end(pid, started, grace)
    await on_disk(lambda: remove_record(config))
