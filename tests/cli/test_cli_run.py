"""`run` and `demo` with everything real: processes, broker, machines, MQTT."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked_python import PATIENCE, fsmv2
from fsmv2.model.listen_address import HTTP_PORT

pytestmark = pytest.mark.real

FSMV2 = [sys.executable, "-m", "fsmv2.cli"]
LINES = ("run", "--log-format", "text")
PLANT = """\
agent: {{name: edge, location: {{enterprise: acme}}}}
templates:
  plc:
    connection: {{host: 127.0.0.1, port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{{{{ .PORT }}}}"
          every: 200ms
          registers: [{{name: t, address: 0, type: int16}}]
      output: {{uns: {{contract: _raw}}}}
bridges:
  - {{name: filler, template: plc, variables: {{PORT: {port}}}}}
  - {{name: capper, template: plc, variables: {{PROT: {port}}}}}
"""


def all_end(pids: list[int]) -> bool:
    """Whether none of the processes lives; init may take a moment to bury the broker."""
    limit = time.monotonic() + 200
    while any(alive(pid) for pid in pids):
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pids_in(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"kill -9 (\d+)", text)]


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT.format(port=port), encoding="utf-8")
    return file


@contextlib.contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*FSMV2, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=PATIENCE)
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"ended without a line with {text!r}")


def test_run_gives_json_lines_and_a_summary(plant: Path, tmp_path: Path) -> None:
    words = ["run", plant, "--for", "1500ms", "--json", "--state-dir", tmp_path / "state"]
    shown = fsmv2(*words)
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert shown.returncode == 3, shown.stderr
    assert lines[-1]["kind"] == "summary"
    assert (lines[-1]["exit"], lines[-1]["forced"]) == (3, [])
    # No device answers at one bridge; the other has a variable that is not defined.
    assert set(lines[-1]["unsettled"]) >= {"edge/filler/connection", "edge/capper"}
    assert not {"edge", "edge/filler"} & set(lines[-1]["unsettled"])
    assert "PORT" in lines[-1]["unsettled"]["edge/capper"]
    paths = {line["path"] for line in lines if line["kind"] == "transition"}
    assert {"edge", "edge/broker", "edge/filler", "edge/filler/connection"} <= paths


def test_run_says_first_what_keeps_one_bridge_waiting_and_runs_the_rest(
    plant: Path, tmp_path: Path
) -> None:
    with started(*LINES, plant, "--state-dir", tmp_path / "state") as process:
        assert "\x1b" not in line_with(process, "edge/broker  starting → active")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err.startswith(f"{plant}:4:")
    assert "bridge 'capper': Variable 'PORT' is not defined" in err
    assert "edge/broker  stopping → stopped" in out


def seen_on_a_terminal(words: list[str | Path], **environment: str) -> str:
    """What a terminal of 100 × 30 is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    env |= {"TERM": "xterm-256color", **environment}
    process = subprocess.Popen([*FSMV2, *words], stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed and all was read
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    assert process.wait(timeout=PATIENCE) == 3  # no device answers
    return shown.decode()


def test_on_a_terminal_run_shows_the_live_tree_in_colour(plant: Path, tmp_path: Path) -> None:
    words: list[str | Path] = ["run", plant, "--for", "1s", "--state-dir", tmp_path / "state"]
    shown = seen_on_a_terminal(words)
    assert re.search(r"├─ (\x1b\[\d+m)*broker", shown)
    assert "before the stop: " in shown
    assert "\x1b[32m" in shown  # green: something runs
    plain = seen_on_a_terminal(words, NO_COLOR="1")
    assert re.search(r"├─ (\x1b\[\d+m)*broker", plain)
    assert not re.search(r"\x1b\[(\d+;)*(3[0-8]|9[0-7])(;\d+)*m", plain)


def test_what_settles_in_time_ends_with_0(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: edge, location: {enterprise: acme}}\nbroker: {embedded: true}\n")
    for wait in ("4s", "60s"):  # a busy machine may need longer to start a broker
        words = ["run", file, "--for", wait, "--json", "--state-dir", tmp_path / "state"]
        shown = fsmv2(*words)
        summary = json.loads(shown.stdout.splitlines()[-1])
        if not summary["unsettled"]:
            break
    assert (shown.returncode, summary["exit"], summary["unsettled"]) == (0, 0, {}), shown.stdout


def test_two_trees_do_not_share_a_place(plant: Path, tmp_path: Path) -> None:
    words = [*LINES, plant, "--state-dir", tmp_path / "state"]
    with started(*words) as process:
        line_with(process, "edge/broker  starting → active")
        second = fsmv2(*words)
    assert second.returncode == 1
    assert f"in use by another fsmv2, process {process.pid}" in second.stderr


def test_a_place_that_cannot_be_written_is_one_clear_message(plant: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    words = ["run", plant, "--state-dir", tmp_path / "file" / "state"]
    shown = fsmv2(*words)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert str(tmp_path / "file") in shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_demo_receives_exactly_what_was_accepted(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours = True
        try:
            other.bind(("127.0.0.1", HTTP_PORT))
            other.listen()
        except OSError:  # of a demo of somebody else, who may end it meanwhile
            ours = False
        for seconds in ("8s", "60s"):  # a busy machine may need longer to start all of it
            shown = fsmv2("demo", "--for", seconds, "--state-dir", tmp_path)
            if re.search(r"^bridges active +3/3$", shown.stdout, re.M):
                break
    assert shown.returncode == 0, shown.stdout[-3000:] + shown.stderr
    metrics = re.search(r"curl http://127.0.0.1:(\d+)/metrics +# fsmv2_workers", shown.stderr)
    assert metrics is not None
    assert not ours or int(metrics[1]) != HTTP_PORT, "which is taken"
    assert re.search(r"^bridges active +3/3$", shown.stdout, re.M)
    accepted = re.search(r"^samples accepted +(\d+)", shown.stdout, re.M)
    received = re.search(r"^samples received +(\d+)", shown.stdout, re.M)
    assert accepted is not None
    assert received is not None
    assert int(accepted[1]) == int(received[1]) > 50
    assert re.search(r"^missing +0$", shown.stdout, re.M)
    assert "umh/v1/acme/cologne/packaging/line-1/filler/_raw/temperature  2" in shown.stdout
    pids = pids_in(shown.stderr)
    assert len(pids) == 4  # three PLCs and the broker
    assert all_end(pids)


@pytest.mark.thorough
def test_the_demo_ends_with_its_summary_on_ctrl_c(tmp_path: Path) -> None:
    with started("demo", "--state-dir", tmp_path) as process:
        line_with(process, "filler  starting_flow → active")
        line_with(process, "capper/_raw/")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=200)
    assert "samples accepted" in out
    assert all_end(pids_in(err))
