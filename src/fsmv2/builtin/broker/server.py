"""Start the broker, or adopt the one that runs; stop it. Never two, never somebody else's.

Both can be called at any time, again and again, from several processes, and after a kill -9 of
either side at any instant: what is found decides, not what was done before.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import msgspec

from fsmv2.builtin.broker.broker_config import (
    BrokerConfig,
    known_on_disk,
    make_private_directory,
    write_private,
)
from fsmv2.builtin.broker.broker_record import (
    Record,
    is_alive,
    read_record,
    remove_record,
    write_record,
)
from fsmv2.builtin.broker.broker_status import BrokerStatus, foreign, probe
from fsmv2.builtin.broker.credentials import have_credentials
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.ports import settle
from fsmv2.builtin.broker.server_config import digest, render
from fsmv2.builtin.broker.spawn import find_server, last_words, spawn
from fsmv2.errors import TemporaryError
from fsmv2.host.file_lock import locked
from fsmv2.host.free_ports import is_free
from fsmv2.host.in_thread import in_thread
from fsmv2.host.open_files import opened_by
from fsmv2.host.private import sweep
from fsmv2.host.process_end import end, see_off
from fsmv2.host.process_identity import living
from fsmv2.host.procfs import boot, kernel_start

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


def only_one(config: BrokerConfig, *, within: float) -> AbstractAsyncContextManager[int]:
    """Be the only one who starts or stops this broker; TemporaryError after `within` seconds."""
    # A killed fsmv2 gives this lock back only after the server it was about to start has begun:
    # its copy of the descriptor closes on exec. So no server can hide between fork and exec.
    does = f"is starting or stopping the broker in {config.state_dir}"
    return _lock(config.directory / "start.lock", does, within)


def store_lock(config: BrokerConfig, *, within: float) -> AbstractAsyncContextManager[int]:
    """The lock on the store, as a descriptor to hand to the server; TemporaryError: it is taken.

    The server holds it as long as it lives: even if every record were lost, a second one could not
    be started on the same store.
    """
    does = f"still uses the broker's store in {config.state_dir}"
    return _lock(config.directory / "store.lock", does, within)


def _lock(path: Path, does: str, within: float) -> AbstractAsyncContextManager[int]:
    return locked(path, lambda: f"{opened_by(path) or 'another process'} {does}.", within=within)


async def start(config: BrokerConfig) -> BrokerStatus:
    """Have exactly one broker of this state directory running, and ready.

    Adopts the one that runs; ends one that does not answer or runs with another config; else
    starts one. TemporaryError: it did not get ready, with the end of its log; or a port is taken,
    and by whom. PermanentError: there is no nats-server, or no directory for it.
    """
    await known_on_disk(config)
    program = await in_thread(find_server)
    await in_thread(lambda: make_private_directory(config.directory))
    async with only_one(config, within=LOCK_WITHIN):
        adopted = await _adopt(config)
        if adopted is not None:
            return adopted
        await _end_ours(config, REPLACE_GRACE)
        # Only now: chosen ports that one of ours still has would be taken for somebody else's.
        config = await in_thread(partial(settle, config))
        async with store_lock(config, within=STORE_WITHIN) as lock:
            record = await in_thread(lambda: _spawn(program, config, lock))
        return await _until_ready(config, record)


async def stop(config: BrokerConfig, *, grace: float = 5.0) -> None:
    """End the broker of this state directory: asked first, after `grace` seconds made to.

    Also one that no record names. When it returns nothing of it runs, and no zombie is left.
    TemporaryError: another process is starting it, or it does not end.
    """
    await known_on_disk(config)
    if not await in_thread(config.directory.exists):
        return
    async with only_one(config, within=LOCK_WITHIN):
        await _end_ours(config, grace)


async def _adopt(config: BrokerConfig) -> BrokerStatus | None:
    """The status of a ready server of ours, given time if it is only slow; None: there is none."""
    began = time.monotonic()
    while True:
        status = await probe(config)
        if status.ready:
            await in_thread(lambda: _mark_ready(config))
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
        boot=boot(),
    )
    write_record(config, record)
    return record


async def _until_ready(config: BrokerConfig, record: Record) -> BrokerStatus:
    limit = time.monotonic() + READY_WITHIN
    while True:
        status = await probe(config)
        if status.ready:
            await in_thread(lambda: _mark_ready(config))
            return status
        if not record.server.lives:
            await see_off(record.server)
            last = await in_thread(lambda: last_words(config, record.pid))
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
    record = await in_thread(lambda: read_record(config))
    if record is not None:
        if is_alive(config, record):
            await end(record.server, grace)
        await see_off(record.server)
    for pid in find_servers(config):
        if (found := living(pid)) is not None:
            await end(found, grace)
    await in_thread(lambda: remove_record(config))
