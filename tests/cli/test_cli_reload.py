"""A document that is changed while `run` runs it, with a real process and real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

HEAD = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
BRIDGES = "bridges:\n"
ONE = "  - {name: a, enabled: false, connection: {host: 127.0.0.1, port: 1}}\n"
TWO = ONE.replace("name: a", "name: b")


def line_with(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"ended without a line with {text!r}")


def test_h67_h91_sighup_reloads_a_running_plant_and_sigterm_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(HEAD + BRIDGES + ONE)
    words = ["run", file, "--state-dir", tmp_path / "state", "--log-format", "text"]
    plant = subprocess.Popen(
        [sys.executable, "-m", "fsmv2.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def reload(text: str) -> None:
        file.write_text(text)
        plant.send_signal(signal.SIGHUP)

    try:
        line_with(plant, "edge/a  ")
        reload(HEAD + BRIDGES + ONE + TWO)
        line = line_with(plant, "generation 2 runs, applied by fsmv2 (SIGHUP) (the document was")
        assert "): adds " in line
        line_with(plant, "generation 2 has converged")
        reload(HEAD + "engin: {}\n" + BRIDGES + "  - {nme: a}\n")
        line_with(plant, "is not valid and changes nothing (")
        line_with(plant, "plant.yaml:3:1: ")
        line_with(plant, "plant.yaml:5:6: ")
        reload(HEAD)
        line_with(plant, "cannot reload: that would remove edge/a, edge/b with what is below")
        plant.send_signal(signal.SIGTERM)
        assert plant.wait(timeout=60) == 0
    finally:
        plant.kill()
        plant.communicate()
