"""A command for the crash campaign that proves it runs once: `supervised.py FOLDER NAME [PORT]`.

It holds a lock of its own for as long as it lives. A second one beside it writes `NAME.doubled`.
Each start adds its pid to `NAME.starts`. With a port it listens there.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
from pathlib import Path


def accept(server: socket.socket) -> None:
    """Take whoever looks whether it is ready: a queue that is full would look like nobody."""
    while True:
        server.accept()[0].close()


def main() -> None:
    """Run until SIGTERM."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    lock = (folder / f"{name}.alive").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        (folder / f"{name}.doubled").write_text(f"{os.getpid()}\n")
    with (folder / f"{name}.starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    if len(sys.argv) > 3:
        server = socket.create_server(("127.0.0.1", int(sys.argv[3])))
        threading.Thread(target=accept, args=[server], daemon=True).start()
    print(f"{name} serves", flush=True)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()
