"""One process and its record: look at it, start or adopt it, end it.

The record outlives fsmv2, and so does the process, on purpose: the next start finds it by pid and
the kernel's start time, which together are one process for ever, and adopts it if it runs with the
config of today.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2 import PermanentError, TemporaryError
from fsmv2.builtin.process.ending import end, see_off
from fsmv2.builtin.process.kernel import how_ended, is_zombie, start_time_of
from fsmv2.builtin.process.output import Redact, begin, last_lines
from fsmv2.builtin.process.spec import INHERITED, Config


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A process we started. `start_time` is the kernel's; `started_at` is Unix seconds."""

    pid: int
    start_time: int
    digest: str
    started_at: float
    ready: bool = False
    ended: str = ""


def read_record(config: Config) -> Record | None:
    """The record, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(_record(config).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def write_record(config: Config, record: Record) -> None:
    """Keep the record, atomically."""
    _replace(_record(config), msgspec.json.encode(record))


def is_alive(record: Record | None) -> bool:
    """Whether exactly the recorded process lives."""
    return record is not None and start_time_of(record.pid) == record.start_time


async def start(config: Config, redact: Redact = str) -> Record:
    """Adopt the process that runs with this config, or end an older one and start anew.

    PermanentError: the program or a file cannot be used. TemporaryError: somebody else is at it.
    """
    with _only_one(config):
        record = read_record(config)
        if record is not None and is_alive(record):
            if record.digest == config.digest:
                return record
            await stop(config)
        return _spawn(config, redact)


async def stop(config: Config) -> None:
    """Ask it to end, kill it after its grace, and with it what it started; nothing is left."""
    record = read_record(config)
    if record is None:
        return
    if is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record.pid, signal.Signals[config.signal])
        await end(record.pid, record.start_time, config.grace, asked=True)
    await see_off(record.pid, record.start_time)
    _end_orphans(record)
    _record(config).unlink(missing_ok=True)


async def bury(config: Config, record: Record, redact: Redact = str) -> Record:
    """Take note of how a process ended, once, and leave no zombie."""
    if record.ended or is_alive(record):
        return record
    how = how_ended(record.pid, record.start_time)
    if is_zombie(record.pid, record.start_time):
        await see_off(record.pid, record.start_time)
    _end_orphans(record)
    words = " / ".join(last_lines(config.output, redact)) or "it wrote nothing"
    record = msgspec.structs.replace(record, ended=f"{how}; last: {words}")
    write_record(config, record)
    return record


def _end_orphans(record: Record) -> None:
    """Kill what an ended process started and left behind; its group bears its pid until then."""
    if start_time_of(record.pid) is None:  # else the kernel gave the pid to somebody else
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, signal.SIGKILL)


def _spawn(config: Config, redact: Redact) -> Record:
    for path, content in config.files.items():
        try:
            file = Path(path).expanduser()
            file.parent.mkdir(parents=True, exist_ok=True)
            _replace(file, content.encode())
        except OSError as error:
            raise PermanentError(f"the file {path} cannot be written: {error.strerror}.") from error
    env = {name: os.environ[name] for name in INHERITED if name in os.environ}
    output = begin(config.output)
    try:
        process = subprocess.Popen(  # noqa: S603  (a list from the spec; no shell)
            list(config.command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path(config.cwd).expanduser() if config.cwd else None,
            env={**env, **config.env},
            start_new_session=True,  # a group of its own, to be ended as a whole
        )
    except OSError as error:
        where = f" in {config.cwd}" if config.cwd and not Path(config.cwd).is_dir() else ""
        raise PermanentError(
            f"{config.command[0]} cannot be started{where}: {error.strerror}."
        ) from error
    finally:
        os.close(output)
    started = start_time_of(process.pid)
    if started is None:
        process.wait()  # fsmv2: ignore[FSM0433] the kernel says that it has ended
        words = " / ".join(last_lines(config.output, redact)) or "it wrote nothing"
        raise TemporaryError(f"it ended at once with exit code {process.returncode}; last: {words}")
    process.returncode = (
        0  # its end is taken note of by the kernel's start time, not by this object
    )
    record = Record(
        pid=process.pid, start_time=started, digest=config.digest, started_at=time.time()
    )
    write_record(config, record)
    return record


@contextlib.contextmanager
def _only_one(config: Config) -> Iterator[None]:
    directory = Path(config.directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PermanentError(f"{directory} cannot be made: {error.strerror}.") from error
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TemporaryError(f"another fsmv2 is at work in {directory}.") from None
        yield
    finally:
        os.close(descriptor)


def _record(config: Config) -> Path:
    return Path(config.directory) / "process.json"


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(new, file)
