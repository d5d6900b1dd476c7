"""fsmv2 beside supervisord and s6, with the same processes: `python -m bench.process_supervisors`.

Each starts COUNT processes that do nothing, then all of them are killed at once, and started again
by their supervisor. What is not installed is left out, and said (Debian: `apt-get install
supervisor s6`). A supervisor's memory is that of all processes it needs itself: of fsmv2 the shim
beside each command, of s6 an `s6-supervise` each. It is the proportional share (PSS): shared pages
count once.

Restarts wait as each of them does by default: supervisord not at all, s6 up to a second, fsmv2 for
the first step of its backoff. That is a policy and no speed, so it stands in a row of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.measure import keep_bytecode

LOOK = 0.01
"""Seconds between two looks at what runs."""

REST = 5.0
"""Seconds until a process counts as started for all three, and for which the idle one is seen."""

Write = Callable[[Path, int, str], list[str]]
"""Writes what a supervisor needs for so many processes with this mark; the command to start it."""


def fsmv2(folder: Path, count: int, mark: str) -> list[str]:
    """A document of processes."""
    lines = ["agent: {name: bench}", "processes:"]
    lines += [f"  p{n}: {{command: [sleep, '{mark}{n:04}']}}" for n in range(count)]
    (folder / "plant.yaml").write_text("\n".join(lines) + "\n")
    state = ["--state-dir", str(folder / "state"), "--log-format", "json"]
    return [sys.executable, "-m", "fsmv2.cli", "run", str(folder / "plant.yaml"), *state]


def supervisord(folder: Path, count: int, mark: str) -> list[str]:
    """An ini file, without its web server."""
    text = f"[supervisord]\nnodaemon=true\nlogfile={folder}/log\npidfile={folder}/pid\nuser=root\n"
    if os.getuid() != 0:
        text = text.replace("user=root\n", "")
    for n in range(count):
        text += f"[program:p{n}]\ncommand=sleep {mark}{n:04}\nautorestart=true\n"
    (folder / "supervisord.conf").write_text(text)
    return ["supervisord", "-c", str(folder / "supervisord.conf")]


def s6(folder: Path, count: int, mark: str) -> list[str]:
    """A scan directory of services."""
    for n in range(count):
        service = folder / f"p{n}"
        service.mkdir()
        (service / "run").write_text(f"#!/bin/sh\nexec sleep {mark}{n:04}\n")
        (service / "run").chmod(0o755)
    return ["s6-svscan", str(folder)]


SUPERVISORS: dict[str, tuple[str, Write]] = {
    "fsmv2": (sys.executable, fsmv2),
    "supervisord": ("supervisord", supervisord),
    "s6": ("s6-svscan", s6),
}


def commands(mark: str) -> dict[int, bytes]:
    """The processes that run with this mark: the last word of their command line begins with it."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                words = Path("/proc", entry, "cmdline").read_bytes().split(b"\0")[:-1]
                if len(words) == 2 and words[0] == b"sleep" and words[1].startswith(mark.encode()):
                    found[int(entry)] = words[1]
    return found


def below(pid: int) -> Iterator[int]:
    """A process and all it started, by their pids."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path("/proc", str(pid), "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from below(int(child))


def shares(pids: set[int]) -> float:
    """Bytes of memory that these processes take, shared pages in parts."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return float(total)


def processor(pids: set[int]) -> float:
    """Seconds of the processor that these processes have taken so far."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def until(true: Callable[[], bool]) -> float:
    """Seconds until something is so."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > 300:
            raise TimeoutError("not within five minutes")
        time.sleep(LOOK)
    return time.perf_counter() - began


def measure(write: Write, count: int, mark: str) -> dict[str, float]:
    """Start, rest, kill all, and stop one supervisor."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "wb") as nothing:
        command = write(Path(name), count, mark)
        supervisor = subprocess.Popen(command, stdout=nothing, stderr=nothing)
        try:
            found["start_s"] = until(lambda: len(commands(mark)) == count)
            time.sleep(REST)
            own = set(below(supervisor.pid)) - set(commands(mark))
            before = processor(own)
            time.sleep(REST)
            found["idle_of_a_core"] = (processor(own) - before) / REST
            found["memory_b"] = shares(own)
            first = commands(mark)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            found["again_s"] = until(
                lambda: len(now := commands(mark)) == count and not now.keys() & first.keys()
            )
            time.sleep(REST)
        finally:
            began = time.perf_counter()
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(timeout=120)
            until(lambda: not commands(mark))
            found["stop_s"] = time.perf_counter() - began
    return found


ROWS = (
    ("start_s", "start → all run", "s", 1.0),
    ("memory_b", "memory of the supervisor", "MB", 1e-6),
    ("idle_of_a_core", "quiet, of a core", "", 1.0),
    ("again_s", "all killed → all run again", "s", 1.0),
    ("stop_s", "stop → none runs", "s", 1.0),
)


def main() -> None:
    """Compare and print a table on stderr, the same as JSON on stdout."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.process_supervisors", description=__doc__
    )
    parser.add_argument("--count", type=int, default=100, help="processes")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    keep_bytecode()
    there = {name: write for name, (file, write) in SUPERVISORS.items() if shutil.which(file)}
    for name in SUPERVISORS.keys() - there.keys():
        print(f"{name} is not installed, and left out", file=sys.stderr)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in there}
    for number in range(args.runs):
        for at, (name, write) in enumerate(there.items()):
            print(f"{name}, run {number + 1}", file=sys.stderr)
            # Seconds to sleep, by which the processes of this run are known.
            mark = f"{86_400 + os.getpid() % 10_000}{number}{at}"
            found[name].append(measure(write, args.count, mark))
    figures = {
        name: {key: median(one[key] for one in all_) for key in all_[0]}
        for name, all_ in found.items()
    }
    table = Table(title=f"{args.count} processes, medians of {args.runs} runs in turn")
    for column in ("what", "unit", *figures):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit, factor in ROWS:
        table.add_row(what, unit, *(f"{one[key] * factor:.3g}" for one in figures.values()))
    Console(stderr=True, width=100).print(table)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
