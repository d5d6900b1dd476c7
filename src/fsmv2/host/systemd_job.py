"""What systemd is about to do with a unit: stop it, or stop it in order to start it again.

A service that gets its SIGTERM cannot tell; its `ExecStop=` can ask.
"""

from __future__ import annotations

import os
import shutil
import subprocess

ANSWERS_WITHIN = 5.0
"""Seconds; systemd answers in some milliseconds, and whoever stops a unit is waiting."""

RESTART = "restart"


def job_of(unit: str) -> str:
    """The type of the job that a unit has now: `start`, `stop`, `restart`, ...; '' for none.

    Asks the manager that started this process: of the system, or of a user. OSError: no answer.
    """
    program = shutil.which("systemctl")
    if program is None:
        raise FileNotFoundError("there is no systemctl")
    # systemd sets MANAGERPID for services of a user's manager, and for those alone.
    manager = ["--user"] if "MANAGERPID" in os.environ else []
    words = [program, *manager, "list-jobs", "--no-legend", "--plain", "--full", "--", unit]
    try:
        done = subprocess.run(  # noqa: S603  (no shell, and systemctl found on our own PATH)
            words,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWERS_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"systemctl has not answered within {ANSWERS_WITHIN:g} s") from None
    if done.returncode:
        raise OSError(" ".join(done.stderr.split()) or f"systemctl ended with {done.returncode}")
    for line in done.stdout.splitlines():
        number, name, kind, *_ = [*line.split(), "", "", ""]
        if number.isdigit() and name == unit:
            return kind
    return ""
