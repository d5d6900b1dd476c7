"""How the embedded broker is run: its settings, and its config file rendered from a template."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec

from fsmv2.spec import render_template

TEMPLATE = """\
# Written by fsmv2 at each start; changes are lost.
server_name: {{ .name }}
listen: {{ .listen }}
pid_file: {{ .pid_file }}
log_file: {{ .log_file }}
log_size_limit: 10485760
max_payload: 1048576
jetstream {
  store_dir: {{ .store_dir }}
  max_file_store: {{ .max_store_bytes }}
  sync_interval: {{ .sync }}
}
mqtt {
  listen: {{ .mqtt_listen }}
  ack_wait: "10s"
}
"""


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One embedded nats-server. Everything it keeps stands below `state_dir`.

    `sync_interval`, in seconds, is how long stored samples may stay in the operating system's cache
    before they are forced to disk; 0 forces each one. It matters for a loss of power only: what
    the server has acknowledged survives a kill of the server, and of fsmv2, in any case. Ten
    seconds costs next to nothing; the server's own default is two minutes; 0 costs throughput, a
    disk access for each batch.
    """

    state_dir: str
    port: int
    mqtt_port: int
    host: str = "127.0.0.1"
    sync_interval: float = 10.0
    max_store_bytes: int = 10 << 30

    @property
    def directory(self) -> Path:
        """Where the broker keeps everything."""
        return Path(self.state_dir)

    @property
    def config_file(self) -> Path:
        """The server's config; its path on the command line is how a lost one is found again."""
        return self.directory / "nats-server.conf"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.directory / "nats-server.log"


def prepare(config: BrokerConfig, name: str) -> None:
    """Make the directories (0700) and write the config file (0600) for a server named `name`."""
    directory = config.directory
    for made in (directory, directory / "store"):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(config.config_file, render(config, name))


def render(config: BrokerConfig, name: str) -> str:
    """The text of the config file. Every value is quoted, so that none can become a setting."""
    directory = config.directory.absolute()
    sync = "always" if config.sync_interval <= 0 else f"{max(1, round(config.sync_interval))}s"
    values = {
        "name": name,
        "listen": f"{config.host}:{config.port}",
        "mqtt_listen": f"{config.host}:{config.mqtt_port}",
        "pid_file": str(directory / "nats-server.pid"),
        "log_file": str(config.log_file.absolute()),
        "store_dir": str(directory / "store"),
        "sync": sync,
    }
    scope = {key: json.dumps(value) for key, value in values.items()}
    text = render_template(TEMPLATE, {**scope, "max_store_bytes": config.max_store_bytes})
    return str(text)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only; a crash leaves the old or the new one."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
