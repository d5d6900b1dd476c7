"""A tree held by a command: lines as things happen, signals, an orderly and a forced end."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOY = Path(__file__).with_name("toy_tree.py")


@contextmanager
def toy(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(TOY), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"ended without a line with {text!r}")


def test_a_transition_is_a_line_with_time_path_and_reason() -> None:
    with toy("short") as process:
        out, err = process.communicate(timeout=200)
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3} lamp  stopped → on: asked to shine$", out, re.M)
    assert out.endswith("forced 0\n")
    assert (err, process.returncode) == ("stopping\n", 0)


def test_json_lines_are_one_object_each_and_the_summary_is_last() -> None:
    with toy("short", "json") as process:
        out, _ = process.communicate(timeout=200)
    lines = [json.loads(line) for line in out.splitlines()]
    first = next(line for line in lines if line["kind"] == "transition")
    assert {"at", "path", "kind", "level", "text", "state", "stream"} == first.keys()
    assert abs(first["at"] - time.time()) < 60
    assert lines[-1] == {"kind": "summary", "forced": []}


def test_sigterm_stops_in_order() -> None:
    with toy() as process:
        line_with(process, "→ on")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=200)
    assert "on → stopped: asked to stop" in out
    assert out.endswith("forced 0\n")
    assert process.returncode == 0


def test_a_second_signal_forces_what_will_not_stop() -> None:
    with toy("stubborn") as process:
        line_with(process, "→ on")
        process.send_signal(signal.SIGTERM)
        line_with(process, "stop: ")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=200)
    assert "forced: " in out
    assert out.endswith("forced 1\n")
