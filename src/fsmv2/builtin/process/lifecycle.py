"""One process: look at it, start or adopt it, keep it, end it.

The command and its shim outlive fsmv2, on purpose: the next start finds both by pid and the
kernel's start time, which together are one process forever, and adopts the command if it runs
with the config of today.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import stat
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from fsmv2 import PermanentError
from fsmv2.builtin.process.adoption import start_or_adopt
from fsmv2.builtin.process.launch import Redactions, start_shim
from fsmv2.builtin.process.process_record import (
    ProcessRecord,
    read_record,
    remove_record,
    reserve_record,
    write_record,
)
from fsmv2.builtin.process.process_table import found_in
from fsmv2.builtin.process.spec import Config, Ending
from fsmv2.host.awaited_lock import locked
from fsmv2.host.in_thread import in_thread
from fsmv2.host.private import replace_private
from fsmv2.host.process_end import end, kill_group, see_off
from fsmv2.host.procfs import start_time_of

TAKES_NOTE = 0.5
"""Seconds that are waited for a shim that is writing down how its command ended."""
SHIM_END_WITHIN = 10.0
"""Seconds a shim has to end what the command left behind; it gives each of these five."""
LOOK_EVERY = 0.01
START_LOCK = "lock"
"""The file that is locked by whoever starts or adopts the process of its folder."""
LETS_GO = 1.0
"""Seconds for somebody else to let go of it, who only looks or cleans up."""


def current_record(
    config: Ending, known: ProcessRecord | None = None, *, search: bool = False
) -> ProcessRecord | None:
    """What is known of the process now; None when there was none. Blocks, briefly.

    Takes note of the end of a shim, and of a command that had none. A record that was lost is
    written anew: from what was `known` of the process, if it still lives; or, with `search`, from
    what the kernel knows.
    """
    record = _on_record(config, known, search=search)
    if record is None:
        return None
    limit = time.monotonic() + TAKES_NOTE
    while record.ended_at is None and not record.runs:
        if not record.kept:
            last = read_record(config.directory)
            if last is None and (known is None or known.process != record.process):
                return None  # its shim could not start it, and has left no record of it
            return _record_unseen_end(config, last or record)
        if time.monotonic() > limit:
            break  # it is ending what the command left behind
        time.sleep(LOOK_EVERY)  # `current_record` is called in a thread of its own
        record = read_record(config.directory) or record
    if record.shim_process.is_zombie:
        record.shim_process.reap()
    return record


def _on_record(
    config: Ending, known: ProcessRecord | None, *, search: bool
) -> ProcessRecord | None:
    record = read_record(config.directory)
    lives = known is not None and known.ended_at is None and known.runs
    on_disk = record.process if record is not None else None
    # Whatever stands there now, by a backup or another disk, cannot be of another process.
    if known is not None and lives and on_disk != known.process:
        _restore(config, known)
        return known
    if record is None and search:
        found = found_in(config.directory).records
        if found:
            _restore(config, found[0])
            return found[0]
    if record is not None:
        reserve_record(config.directory)
    return record


def _restore(config: Ending, record: ProcessRecord) -> None:
    with contextlib.suppress(OSError):  # what is known goes on in memory
        Path(config.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_record(config.directory, record)


def is_over(record: ProcessRecord | None) -> bool:
    """Whether command and shim have ended, so that another may start."""
    return record is None or (record.ended_at is not None and not record.kept)


async def start(
    config: Config, redactions: Redactions = (), known: ProcessRecord | None = None
) -> None:
    """Adopt the process that runs with this config, or end an older one and start anew.

    Also one that is on no record any more. `known`: what was known of it before.

    PermanentError: the program or a file cannot be used. TemporaryError: somebody else is at it.
    """

    async def adopt(lock: int) -> bool | None:
        record = await in_thread(lambda: current_record(config, known))
        if record is None or not record.runs or record.digest != config.digest:
            return None
        if not record.kept:
            await in_thread(lambda: start_shim(config, lock, redactions, record))
        return True

    async def end_before() -> None:
        # The record of one whose end was its own is kept until another is there.
        over = is_over(await in_thread(lambda: current_record(config, known)))
        if not over or (await in_thread(lambda: found_in(config.directory))).marked:
            await stop(config, known)

    async def launch(lock: int) -> bool:
        await in_thread(lambda: _start(config, lock, redactions))
        return True

    await start_or_adopt(_only_one(config), adopt=adopt, end=end_before, launch=launch)


async def take_over(config: Config, redactions: Redactions = ()) -> None:
    """Give a command that lost its shim another one."""
    async with _only_one(config) as lock:
        record = await in_thread(lambda: current_record(config))
        if record is not None and record.runs and not record.kept:
            await in_thread(lambda: start_shim(config, lock, redactions, record))


async def stop(config: Ending, known: ProcessRecord | None = None) -> None:
    """Ask it to end, kill it after its grace, and with it what it started; nothing is left.

    Also what is on no record any more: the kernel is asked what lives. `known`: what was known of
    it before. Cancelled, as by a stop that is forced, it kills at once: nobody waits for it longer.
    """
    try:
        await _stop(config, known)
    except asyncio.CancelledError:
        killing = asyncio.ensure_future(in_thread(lambda: _kill(config)))
        while not killing.done():  # the cancel is repeated until this has ended
            # fsmv2: ignore[FSM0432] it is raised below, when nothing is left running
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([killing])
        raise


async def _stop(config: Ending, known: ProcessRecord | None) -> None:
    record = await in_thread(lambda: current_record(config, known))
    found = await in_thread(lambda: found_in(config.directory))
    if record is not None and is_over(record) and not found.marked and not found.records:
        if not record.asked:  # its end was its own, and told
            with contextlib.suppress(OSError):  # a read-only disk keeps nothing from being stopped
                await in_thread(lambda: remove_record(config.directory))
        return
    todo = [] if record is None or is_over(record) else [record]
    known_ones = {(one.pid, one.shim) for one in todo}
    todo += [one for one in found.records if (one.pid, one.shim) not in known_ones]
    for one in todo:
        await _stop_one(config, one)
    left = await in_thread(lambda: found_in(config.directory))
    for process in left.marked:
        await end(process, 0.0, asked=True)
    if todo:
        await in_thread(lambda: _record_stop_request(config))


async def _stop_one(config: Ending, record: ProcessRecord) -> None:
    if record.runs:
        # One that is stopped would never hear of it.
        kill_group(record.pid, signal.Signals[config.signal], signal.SIGCONT)
        await end(record.process, config.grace, asked=True)
    if record.kept:
        await _wait_for_shim(record)
    await see_off(record.process)
    await see_off(record.shim_process)


async def _wait_for_shim(record: ProcessRecord) -> None:
    """Wait for the shim, which ends what the command left behind and writes down how it ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHIM_END_WITHIN):
            while record.kept:  # noqa: ASYNC110  (without a handle there is no event to wait for)
                await asyncio.sleep(LOOK_EVERY)
    if record.kept:
        await end(record.shim_process, 0.0, asked=True)


def _kill(config: Ending) -> None:
    record = read_record(config.directory)
    if record is not None and record.runs:
        kill_group(record.pid)


def _record_stop_request(config: Ending) -> None:
    record = current_record(config)
    if record is not None and record.ended_at is not None:
        # It has ended, whatever can be written of that: on a read-only disk, nothing.
        with contextlib.suppress(OSError):
            write_record(config.directory, msgspec.structs.replace(record, asked=True))


def _start(config: Config, lock: int, redactions: Redactions) -> None:
    for path, content in config.files.items():
        try:
            file = Path(path).expanduser()
            if not _holds(file, content.encode()):  # which a full disk could not take again
                file.parent.mkdir(parents=True, exist_ok=True)
                replace_private(file, content.encode())
        except OSError as error:
            raise PermanentError(f"the file {path} cannot be written: {error.strerror}.") from error
    start_shim(config, lock, redactions)


def _holds(file: Path, content: bytes) -> bool:
    """Whether a file is as it is to be, for its owner alone."""
    try:
        private = stat.S_IMODE(file.stat().st_mode) == 0o600
        return private and file.read_bytes() == content
    except OSError:
        return False


def _record_unseen_end(config: Ending, record: ProcessRecord) -> ProcessRecord:
    """Write down that a command has ended of which the shim had ended before."""
    if record.ended_at is not None:
        return record
    if start_time_of(record.pid) is None:  # else the kernel gave the pid to somebody else
        kill_group(record.pid)  # its group bears its pid until all have ended
    record = msgspec.structs.replace(record, ended_at=time.time())
    with contextlib.suppress(OSError):  # a full disk keeps nothing from being started again
        write_record(config.directory, record)
    return record


def _only_one(config: Ending) -> AbstractAsyncContextManager[int]:
    """The lock of a start, which the shim inherits until the record is written."""
    folder = Path(config.directory)
    in_use = f"another fsmv2 is at work in {folder}."
    return locked(folder / START_LOCK, lambda: in_use, within=LETS_GO)
