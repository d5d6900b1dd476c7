"""`run` serves metrics and health over TCP when it is asked to, or says why it cannot."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked_python import fsmv2

DOCUMENT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'


@contextlib.contextmanager
def running(folder: Path, *options: str, document: str = DOCUMENT) -> Iterator[str]:
    """A run, and the address that it reports."""
    file = folder / "plant.yaml"
    file.write_text(document)
    words = [sys.executable, "-m", "fsmv2.cli", "run", str(file), "--state-dir", str(folder / "s")]
    run = subprocess.Popen([*words, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert run.stderr is not None
    timer = threading.Timer(60, run.kill)
    timer.start()
    try:
        said = []
        for line in run.stderr:
            said.append(line.decode())
            if found := re.search(r"serves /metrics.* at (http://\S+)", said[-1]):
                yield found[1]
                break
        else:
            raise AssertionError(said)
    finally:
        run.terminate()
        run.communicate()
        timer.cancel()


def refused(folder: Path, *options: str, document: str = DOCUMENT) -> str:
    """What a run that does not start says."""
    file = folder / "plant.yaml"
    file.write_text(document)
    found = fsmv2("run", file, "--state-dir", folder / "s", *options)
    assert found.returncode in (1, 2)
    assert "Traceback" not in found.stderr
    assert found.stdout == "", "nothing was started"
    return found.stderr


@pytest.mark.parametrize("by_option", [False, True])
def test_the_address_is_reported_and_served(tmp_path: Path, by_option: bool) -> None:
    asked = "http: {listen: '127.0.0.1:0'}\n"
    options = ("--listen", "[::1]:0") if by_option and socket.has_ipv6 else ()
    with running(tmp_path, *options, document=DOCUMENT + asked) as address:
        assert address.startswith("http://[::1]:" if options else "http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:  # noqa: S310
            assert json.load(answer)["status"] == "ok"


def test_a_port_that_is_taken_is_an_error_at_once_with_who_has_it(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = refused(tmp_path, "--listen", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port} is taken by pid" in found
    assert "choose another port" in found


def test_a_start_that_failed_is_no_run_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    """So the document is corrected, and what it says then is run."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"http: {{listen: '127.0.0.1:{other.getsockname()[1]}'}}\n"
        assert "is taken by" in refused(tmp_path, document=DOCUMENT + taken)
        free = "http: {listen: '127.0.0.1:0'}\n"
        with running(tmp_path, document=DOCUMENT + free) as address:
            assert address.startswith("http://127.0.0.1:")


def test_an_address_over_the_network_is_refused_with_the_reason(tmp_path: Path) -> None:
    found = refused(tmp_path, "--listen", "0.0.0.0:9410")
    assert "over the network is not offered" in " ".join(found.split())
    found = refused(tmp_path, document=DOCUMENT + "http: {listen: '10.0.0.5:9410'}\n")
    assert "plant.yaml:3:16: error[FSM0150]" in found
    assert "over the network is not offered yet" in found
    found = refused(tmp_path, document=DOCUMENT + "http: {}\n")
    assert "listen" in found
