"""How the embedded broker is run: its settings, and the private files it is told them in."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fsmv2 import PermanentError, SpecError
from fsmv2.host.in_thread import in_thread

RESERVED_USERS = ("fsmv2", "anonymous")
"""Names of users that the broker has in any case: ourselves, and who shows no password."""


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One embedded nats-server. Everything it keeps stands below `state_dir`, which is its alone.

    `port` and `mqtt_port`: 0 chooses one, which then stays the same for this state directory.
    `host`: an address of the loopback interface; without a password everybody may read what was
    measured, and none is encrypted, so nothing else is allowed.

    `users`: names and passwords of those who may publish, commands included, beside ourselves.

    `sync_interval`, in seconds, is how long stored samples may stay in the operating system's cache
    before they are forced to disk; 0 forces each one. It matters for a loss of power only: what
    the server has acknowledged survives a kill of the server, and of fsmv2, in any case. Ten
    seconds costs next to nothing; the server's own default is two minutes; 0 costs throughput, a
    disk access for each batch. See docs/explanation/broker-durability.md.

    `max_store_bytes`: the disk that stored messages may take. Raises SpecError for a bad value.
    """

    state_dir: str
    port: int = 0
    mqtt_port: int = 0
    host: str = "127.0.0.1"
    sync_interval: float = 10.0
    max_store_bytes: int = 10 << 30
    users: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        if not self.state_dir or "\0" in self.state_dir:
            raise SpecError("broker.state_dir must name a directory.")
        if not _is_loopback(self.host):
            raise SpecError(
                f"broker.host is {self.host!r}, but the embedded broker shows "
                "measured values to everyone.",
                fix="Use 127.0.0.1, or run a broker of your own and set broker.url.",
            )
        for user, password in self.users.items():
            if not user.strip() or not user.isprintable() or user in RESERVED_USERS:
                raise SpecError(f"broker.users: the name {user!r} is empty, or taken.")
            if not password:
                raise SpecError(f"broker.users: {user} has no password.")
        for name, port in (("port", self.port), ("mqtt_port", self.mqtt_port)):
            if not 0 <= port <= 65535:
                raise SpecError(f"broker.{name} is {port}; expected 1 to 65535, or 0 to choose.")
        if self.port == self.mqtt_port != 0:
            raise SpecError(f"broker.port and broker.mqtt_port are both {self.port}.")
        if not 0 <= self.sync_interval <= 86400:  # also refuses NaN
            raise SpecError(
                f"broker.sync_interval is {self.sync_interval}; expected 0 (each write) to a day."
            )
        if self.max_store_bytes <= 0:
            raise SpecError(f"broker.max_store_bytes is {self.max_store_bytes}; expected above 0.")

    @property
    def directory(self) -> Path:
        """Where the broker keeps everything; one name for it, however it was spelt.

        The disk is asked only the first time, in a thread if `known_on_disk` was awaited.
        """
        return _real(self.state_dir)

    @property
    def identity(self) -> str:
        """What the name of each server of this state directory begins with, and of no other."""
        path = os.fsencode(self.directory)
        return f"fsmv2-{hashlib.blake2b(path, digest_size=6).hexdigest()}-"

    @property
    def config_file(self) -> Path:
        """The server's config; its path on the command line is how a lost one is found again."""
        return self.directory / "nats-server.conf"

    @property
    def log_file(self) -> Path:
        """What the server says; it begins a new file at 10 MiB and keeps three."""
        return self.directory / "nats-server.log"

    @property
    def output_file(self) -> Path:
        """What the server says before it has a log, and the traces of a crash of it."""
        return self.directory / "nats-server.out"

    @property
    def pid_file(self) -> Path:
        """The pid as the server writes it; believed only with the command line of that process."""
        return self.directory / "nats-server.pid"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def make_private_directory(directory: Path) -> None:
    """Make a directory that only its owner may enter (0700). PermanentError: it cannot be."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise PermanentError(
            f"{directory} cannot be made a private directory: {error.strerror}.",
            fix="Set broker.state_dir to a directory of your own.",
        ) from error


@functools.lru_cache(maxsize=256)
def _real(state_dir: str) -> Path:
    return Path(state_dir).resolve()


async def known_on_disk(config: BrokerConfig) -> None:
    """Have the disk asked for its directory in a thread: from then on it is known."""
    await in_thread(lambda: config.directory)
