"""Start the broker, or adopt the one that runs; stop it. Never two, never somebody else's.

Both can be called at any time, again and again, from several processes, and after a kill -9 of
either side at any instant: what is found decides, not what was done before.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import msgspec

from fsmv2 import TemporaryError
from fsmv2.builtin.broker.broker_config import (
    BrokerConfig,
    known_on_disk,
    make_private_directory,
)
from fsmv2.builtin.broker.broker_record import (
    BrokerRecord,
    is_alive,
    read_record,
    remove_record,
    write_record,
)
from fsmv2.builtin.broker.broker_status import BrokerObserved, foreign, probe
from fsmv2.builtin.broker.credentials import have_credentials
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.broker.ports import settle
from fsmv2.builtin.broker.server_config import digest, render
from fsmv2.builtin.broker.spawn import find_server, last_words, spawn
from fsmv2.builtin.process.adoption import start_or_adopt
from fsmv2.host.awaited_lock import locked
from fsmv2.host.free_ports import is_free
from fsmv2.host.in_thread import in_thread
from fsmv2.host.open_files import opened_by
from fsmv2.host.private import replace_private, sweep
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


def _only_one(config: BrokerConfig) -> AbstractAsyncContextManager[int]:
    """Be the only one who starts or stops this broker; TemporaryError: another one does."""
    does = f"is starting or stopping the broker in {config.state_dir}"
    return _lock(config.directory / "start.lock", does, LOCK_WITHIN)


def store_lock(config: BrokerConfig, *, within: float) -> AbstractAsyncContextManager[int]:
    """The lock on the store, as a descriptor to hand to the server; TemporaryError: it is taken.

    The server holds it as long as it lives: even if every record were lost, a second one could not
    be started on the same store.
    """
    does = f"still uses the broker's store in {config.state_dir}"
    return _lock(config.directory / "store.lock", does, within)


def _lock(path: Path, does: str, within: float) -> AbstractAsyncContextManager[int]:
    return locked(path, lambda: f"{opened_by(path) or 'another process'} {does}.", within=within)


async def start(config: BrokerConfig) -> BrokerObserved:
    """Have exactly one broker of this state directory running, and ready.

    Adopts the one that runs; ends one that does not answer or runs with another config; else
    starts one. TemporaryError: it did not get ready, with the end of its log; or a port is taken,
    and by whom. PermanentError: there is no nats-server, or no directory for it.
    """
    await known_on_disk(config)
    program = await in_thread(find_server)
    await in_thread(lambda: make_private_directory(config.directory))
    return await start_or_adopt(
        _only_one(config),
        adopt=lambda _: _adopt(config),
        end=lambda: _end_ours(config, REPLACE_GRACE),
        launch=lambda _: _launch(program, config),
    )


async def stop(config: BrokerConfig, *, grace: float = 5.0) -> None:
    """End the broker of this state directory: asked first, after `grace` seconds made to.

    Also one that no record names. When it returns nothing of it runs, and no zombie is left.
    TemporaryError: another process is starting it, or it does not end.
    """
    await known_on_disk(config)
    if not await in_thread(config.directory.exists):
        return
    async with _only_one(config):
        await _end_ours(config, grace)


async def _adopt(config: BrokerConfig) -> BrokerObserved | None:
    """The status of a ready server of ours, given time if it is only slow; None: there is none."""

    def hopeless(seen: BrokerObserved, waited: float) -> bool:
        if _recovers(seen):
            return waited > READY_WITHIN
        return seen.status not in ("starting", "unresponsive") or waited > ADOPT_WITHIN

    seen = await _look_until(config, hopeless)
    if _recovers(seen):
        raise TemporaryError(f"still waiting for the broker: {seen.reason}.")
    return seen if seen.ready else None


def _recovers(seen: BrokerObserved) -> bool:
    """Whether to end it would only make its successor start the same recovery once more."""
    return seen.status == "starting" and time.time() - seen.started_at < RECOVER_WITHIN


async def _launch(program: str, config: BrokerConfig) -> BrokerObserved:
    # Only now: chosen ports that one of ours still has would be taken for somebody else's.
    config = await in_thread(partial(settle, config))
    async with store_lock(config, within=STORE_WITHIN) as lock:
        record = await in_thread(lambda: _spawn(program, config, lock))
    return await _until_ready(config, record)


def _spawn(program: str, config: BrokerConfig, lock: int) -> BrokerRecord:
    """Start a server and write down whose it is. Nothing is awaited between the two."""
    sweep(config.directory)
    make_private_directory(config.directory / "store")
    name = f"{config.identity}{secrets.token_hex(8)}"
    own = have_credentials(config)
    replace_private(config.config_file, render(config, name, own).encode())
    for port in (config.port, config.mqtt_port):
        if not is_free(port, config.host):
            raise TemporaryError(foreign(config, port).reason)
    pid = spawn(program, config, lock)
    record = BrokerRecord(
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


async def _until_ready(config: BrokerConfig, record: BrokerRecord) -> BrokerObserved:
    def over(_: BrokerObserved, waited: float) -> bool:
        return not record.runs or waited > READY_WITHIN

    seen = await _look_until(config, over)
    if seen.ready:
        return seen
    if record.runs:
        within = f"{READY_WITHIN:.0f} s"
        raise TemporaryError(f"nats-server is not ready within {within}: {seen.reason}.")
    await see_off(record.process)
    last = await in_thread(lambda: last_words(config, record.pid))
    raise TemporaryError(f"nats-server ended at once: {last}")


async def _look_until(
    config: BrokerConfig, over: Callable[[BrokerObserved, float], bool]
) -> BrokerObserved:
    """The last look: it is ready, or `over` said so of it, given the seconds waited so far."""
    began = time.monotonic()
    while True:
        seen = await probe(config)
        if seen.ready:
            await in_thread(lambda: _mark_ready(config))
        if seen.ready or over(seen, time.monotonic() - began):
            return seen
        await asyncio.sleep(LOOK_EVERY)


def _mark_ready(config: BrokerConfig) -> None:
    record = read_record(config)
    if record is not None and not record.ready:
        write_record(config, msgspec.structs.replace(record, ready=True))


async def _end_ours(config: BrokerConfig, grace: float) -> None:
    """End every server that runs with our config file, on record or not, and forget the record."""
    record = await in_thread(lambda: read_record(config))
    if record is not None:
        if is_alive(config, record):
            await end(record.process, grace)
        await see_off(record.process)
    for pid in find_servers(config):
        if (server := living(pid)) is not None:
            await end(server, grace)
    await in_thread(lambda: remove_record(config))
