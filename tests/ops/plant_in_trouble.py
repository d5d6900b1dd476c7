"""A real plant in which much goes wrong, to be scraped: for rules and dashboards."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from fsmv2.cli.app import app

PLANT = """
agent: {{name: edge, location: {{enterprise: acme, site: berlin}}}}
http: {{listen: "127.0.0.1:0"}}
engine:
  {{backoff_base: 200ms, backoff_cap: 500ms, escalate_at: 2, warn_at: 1, secrets_interval: 1s}}
global: {{KEY: {{file: key.txt}}}}
bridges:
  - name: filler
    location: {{area: filling}}
    connection: {{host: 127.0.0.1, port: {dead}}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{dead}"
          every: 200ms
          registers: [{{name: temperature, address: 0, type: int16}}]
  - name: capper
    location: {{area: capping}}
    variables: {{DIVISOR: 2}}
    read:
      input:
        generate: {{every: "{{{{ 400 // .DIVISOR }}}}ms", tags: [{{name: count, curve: counter}}]}}
processes:
  crasher:
    command: [{python}, -c, "raise SystemExit(3)"]
    env: {{KEY: "{{{{ .global.KEY }}}}"}}
"""


@contextlib.contextmanager
def plc(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A simulated machine, a process of its own."""
    words = [sys.executable, "-m", "fsmv2.cli.demo.plc_process", "--port", str(port)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def new_key(folder: Path, number: int) -> None:
    """Replace the secret, so that the whole tree is declared again."""
    file = folder / "new.txt"
    file.write_text(f"secret{number}")
    file.chmod(0o600)
    file.rename(folder / "key.txt")


def set_divisor(folder: Path, value: int) -> None:
    """Have the templates of a bridge rendered again; with 0 they fail."""
    _request(folder, "set", "edge/capper", f"DIVISOR={value}")


def restart(folder: Path) -> None:
    """Have a bridge begin anew, and its children with it."""
    _request(folder, "restart", "edge/capper")


def _request(folder: Path, *words: str) -> None:
    CliRunner().invoke(app, [*words, "--state-dir", str(folder / "s"), "--no-wait"])


@contextlib.contextmanager
def running(folder: Path, document: str) -> Iterator[str]:
    """A run of the document, and the host and port at which it is scraped."""
    file = folder / "plant.yaml"
    file.write_text(document)
    new_key(folder, 0)
    words = [sys.executable, "-m", "fsmv2.cli", "run", str(file), "--state-dir", str(folder / "s")]
    run = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert run.stderr is not None
    said: list[bytes] = []
    found = None
    try:
        for line in run.stderr:
            said.append(line)
            if found := re.search(rb"at http://(\S+)", line):
                break
        assert found is not None, said
        rest = threading.Thread(target=run.stderr.read, daemon=True)
        rest.start()
        yield found[1].decode()
    finally:
        run.terminate()
        try:
            run.wait(60)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        rest.join(10)
        run.stderr.close()
