"""A broker of somebody else, with a user for fsmv2 whose rights are changed while it runs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from free_ports import free_port
from fsmv2.builtin.broker.spawn import find_server

CONFIG = """\
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}" }}
authorization {{ users: [ {{
  user: line, password: secret, permissions: {{ publish: [ {subjects} ], subscribe: ">" }}
}} ] }}
"""


class BrokerWithUsers:
    """The user `line`, with the password `secret`, may at first publish nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def allow(self, *subjects: str) -> None:
        """Let it publish to these, from now on; starts the server if that does not run."""
        config = self._folder / "server.conf"
        quoted = ", ".join(f'"{subject}"' for subject in subjects)
        config.write_text(
            CONFIG.format(port=self.port, folder=self._folder / "store", subjects=quoted)
        )
        if self._process is None:
            with (self._folder / "server.log").open("wb") as log:
                words = [find_server(), "-c", str(config)]
                self._process = subprocess.Popen(words, stderr=log)
        else:
            self._process.send_signal(signal.SIGHUP)  # it reads its file again

    def close(self) -> None:
        """End it, by its pid."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)


@contextlib.contextmanager
def broker_with_users(folder: Path) -> Iterator[BrokerWithUsers]:
    """One that is started by its first `allow`, and ended."""
    broker = BrokerWithUsers(folder)
    try:
        yield broker
    finally:
        broker.close()
