"""The server's config file, rendered from a template. Used by process, and by probe to compare."""

from __future__ import annotations

import hashlib
import os

from fsmv2 import render_template
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.credentials import ANONYMOUS
from fsmv2.flow.nats.login import Credentials

TEMPLATE = """\
# Written by fsmv2 at each start; changes are lost.
server_name: {{ .name }}
listen: {{ .listen }}
pid_file: {{ .pid_file }}
log_file: {{ .log_file }}
log_size_limit: 10485760
logfile_max_num: 3
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
no_auth_user: {{ .anonymous }}
authorization {
  users: [
    { user: {{ .anonymous }}, permissions: {
      publish: { deny: ">" }
      subscribe: { allow: ["umh.v1", "umh.v1.>"] }
    } }
    { user: {{ .user }}, password: {{ .password }} }
{{ .others }}  ]
}
"""

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-./:+@=,")


def quote(value: str) -> str:
    """A value as a string of the config's language, so that nothing in it can become a setting.

    All but harmless ASCII becomes `\\xHH`, byte by byte: the only escape that covers everything
    (`\\u` is refused by nats-server), also braces, and paths that are not text at all.
    """
    escaped = (chr(b) if b in PLAIN else f"\\x{b:02x}" for b in os.fsencode(value))
    return f'"{"".join(escaped)}"'


def render(config: BrokerConfig, name: str, own: Credentials) -> str:
    """The text of the config file of a server named `name`. Pure ASCII.

    Anonymous clients of both protocols read what was measured, and publish nothing: so no other
    user of this machine commands one that we write to. MQTT's `umh/v1/#` is both subjects.
    """
    directory = config.directory
    milliseconds = round(config.sync_interval * 1000)
    scope: dict[str, str | int] = {
        "name": quote(name),
        "listen": quote(f"{config.host}:{config.port}"),
        "mqtt_listen": quote(f"{config.host}:{config.mqtt_port}"),
        "pid_file": quote(str(config.pid_file)),
        "log_file": quote(str(config.log_file)),
        "store_dir": quote(str(directory / "store")),
        "sync": quote(f"{milliseconds}ms" if milliseconds else "always"),
        "max_store_bytes": config.max_store_bytes,
        "anonymous": quote(ANONYMOUS),
        "user": quote(own.user),
        "password": quote(own.password),
        "others": "".join(
            f"    {{ user: {quote(user)}, password: {quote(password)} }}\n"
            for user, password in sorted(config.users.items())
        ),
    }
    return str(render_template(TEMPLATE, scope))


def digest(config: BrokerConfig, own: Credentials) -> str:
    """What a running server is compared by: equal when it need not be started again."""
    return hashlib.sha256(render(config, config.identity, own).encode()).hexdigest()[:16]
