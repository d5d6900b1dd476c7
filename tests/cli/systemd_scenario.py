"""A plant under a real systemd, as user manager in namespaces of its own; prints what happened.

Started by `unshare` from test_real_systemd.py. FOLDER has the unit, and gets the log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(sys.argv[1])
SYSTEMD, SYSTEMCTL, LIBRARIES = sys.argv[2:5]
UNIT = "fsmv2-plant"
COMMAND = b"987653"
RUNTIME = FOLDER / "run"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LD_LIBRARY_PATH": LIBRARIES,
    "XDG_RUNTIME_DIR": str(RUNTIME),
    "XDG_CONFIG_HOME": str(FOLDER / "config"),
    "HOME": str(FOLDER),
}
FSMV2 = [sys.executable, "-m", "fsmv2.cli"]
STATE = FOLDER / "config" / "fsmv2" / "plant"


def control(*words: str) -> str:
    done = subprocess.run(
        [SYSTEMCTL, "--user", *words], env=ENVIRONMENT, capture_output=True, text=True, timeout=100
    )
    return (done.stdout + done.stderr).strip()


def shown(*names: str) -> list[str]:
    found = dict(
        line.split("=", 1)
        for line in control("show", "-p", ",".join(names), UNIT).splitlines()
        if "=" in line
    )
    return [found.get(name, "") for name in names]


def command() -> int:
    """The process of the plant's command; 0: it does not run."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", COMMAND]:
            return int(place.name)
    return 0


def until(what: str, condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 200
    while not condition():
        if time.monotonic() > limit:
            raise SystemExit(f"not {what}: {control('status', UNIT)}\n{log()[-3000:]}")
        time.sleep(0.1)


def state_and_more() -> str:
    more = "runs" if "running" in fsmv2("why", "edge/more") else "does not exist"
    return f"{shown('ActiveState')[0]}, edge/more {more}"


def log() -> str:
    return (FOLDER / "log").read_text() if (FOLDER / "log").exists() else ""


def active(but: str = "0") -> Callable[[], bool]:
    def condition() -> bool:
        state, pid = shown("ActiveState", "MainPID")
        return state == "active" and pid not in ("0", but)

    return condition


def fsmv2(*words: str) -> str:
    done = subprocess.run(
        [*FSMV2, *words, "--state-dir", str(STATE)], capture_output=True, text=True, timeout=60
    )
    return (done.stdout + done.stderr).strip()


def main() -> None:
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    Path("/run/systemd/system").mkdir(parents=True)  # what tells a program that systemd is there
    (RUNTIME / "systemd" / "user").mkdir(parents=True, exist_ok=True)
    unit = RUNTIME / "systemd" / "user" / f"{UNIT}.service"
    (FOLDER / f"{UNIT}.service").rename(unit)
    with (FOLDER / "manager.log").open("wb") as out:
        subprocess.Popen(
            [SYSTEMD, "--user"],
            env=ENVIRONMENT,
            stdout=out,
            stderr=out,
        )
    until("a manager", (RUNTIME / "systemd" / "private").exists)
    found: dict[str, object] = {}

    control("start", UNIT)
    found["after start"] = shown("ActiveState", "SubState")
    until("a status", lambda: "workers are as requested" in shown("StatusText")[0])
    first, process = shown("MainPID")[0], command()
    found["command runs"] = process > 0

    document = next(FOLDER.glob("a plant*")) / "plant.yaml"
    text = document.read_text()
    document.write_text(text + "  more: {command: [sleep, '987654']}\n")
    found["reload"] = control("reload", UNIT)
    found["reloaded"] = state_and_more()
    document.write_text(text + "  more: {comand: [sleep, '987654']}\n")
    found["a mistake fails"] = control("reload", UNIT).partition(".\n")[0].partition(" because")[0]
    until("the mistake is in the log", lambda: "no key 'comand'" in log())
    document.write_text(text)
    found["a removal fails"] = control("reload", UNIT).partition(".\n")[0].partition(" because")[0]
    until("the reason is in the log", lambda: "that would remove edge/more" in log())
    found["after both"] = state_and_more()
    found["one process all the time"] = shown("MainPID") == [first] and command() == process

    os.kill(int(first), 9)
    until("restarted after a kill", active(but=first))
    until("adopted", lambda: "running" in fsmv2("why", "edge/ticker"))
    found["after kill -9"] = command() == process

    second = shown("MainPID")[0]
    (FOLDER / "stuck").touch()
    until("ended by the watchdog", lambda: shown("MainPID")[0] != second)
    (FOLDER / "stuck").unlink()
    until("restarted by the watchdog", active(but=second))
    until("adopted", lambda: "running" in fsmv2("why", "edge/ticker"))
    found["after watchdog"] = command() == process
    found["stacks"] = "held_up" in log()

    found["keep"] = fsmv2("stop", "--keep")
    until("inactive", lambda: shown("ActiveState")[0] == "inactive")
    found["kept"] = command() == process
    control("start", UNIT)
    until("adopted", lambda: "running" in fsmv2("why", "edge/ticker"))
    found["after keep and start"] = command() == process

    control("restart", UNIT)
    until("again", lambda: command() > 0)
    found["restart is stop and start"] = command() != process
    control("stop", UNIT)
    found["after stop"] = [*shown("ActiveState", "Result"), command()]

    (FOLDER / "keeping.service").rename(unit)
    control("daemon-reload")
    control("start", UNIT)
    until("running again", lambda: "running" in fsmv2("why", "edge/ticker"))
    process, before = command(), shown("MainPID")[0]
    control("restart", UNIT)
    until("restarted", active(but=before))
    until("adopted", lambda: "running" in fsmv2("why", "edge/ticker"))
    found["kept by a restart"] = command() == process
    control("stop", UNIT)
    found["stopped by a stop"] = [*shown("ActiveState", "Result"), command()]
    json.dump(found, sys.stdout)


main()
