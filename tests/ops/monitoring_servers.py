"""A real Prometheus and a real Alertmanager on loopback, with the rules and examples of `ops/`.

Only the intervals are shorter, and the addresses those of the test.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from debian_tools import debian_program
from free_ports import free_port

OPS = Path(__file__).resolve().parents[2] / "ops"
PATIENCE = 60.0
"""Seconds within which anything here comes, also on a busy machine."""


def until(what: str, found: Callable[[], Any]) -> Any:
    """What `found` gives, as soon as it gives something."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if value := found():
                return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {PATIENCE:g} s")


def get(url: str) -> Any:
    """The JSON at an address."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  (of the test's own servers)
        return json.load(answer)


@contextlib.contextmanager
def server(words: list[str], folder: Path, ready: str) -> Iterator[None]:
    """A program that runs, and is ended by its pid."""
    name = Path(words[0]).name
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
    try:
        until(f"{name}, see {folder}", lambda: urllib.request.urlopen(ready, timeout=5))  # noqa: S310
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def prometheus(folder: Path, *targets: str, alertmanager: str = "") -> Iterator[str]:
    """Scrapes the targets each second with the rules of `ops/`; its address."""
    config = yaml.safe_load((OPS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = ["alerts.yaml"]
    config["scrape_configs"][0]["static_configs"] = [{"targets": list(targets)}]
    config["alerting"]["alertmanagers"] = (
        [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    )
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "alerts.yaml").write_text(impatient((OPS / "alerts.yaml").read_text()))
    address = f"127.0.0.1:{free_port()}"
    words = [
        str(debian_program("prometheus")),
        "--config.file=prometheus.yml",
        f"--web.listen-address={address}",
        f"--storage.tsdb.path={folder / 'data'}",
    ]
    with server(words, folder, f"http://{address}/-/ready"):
        yield f"http://{address}"


def impatient(rules: str) -> str:
    """The rules, each of which fires after a second."""
    document = yaml.safe_load(rules)
    for rule in document["groups"][0]["rules"]:
        if "for" in rule:
            rule["for"] = "1s"
    return yaml.safe_dump(document)


@contextlib.contextmanager
def alertmanager(folder: Path, webhook: str) -> Iterator[str]:
    """Sends what fires to `webhook`; its address, host and port."""
    config = yaml.safe_load((OPS / "alertmanager.yml").read_text())
    config["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    config["receivers"][0]["webhook_configs"][0]["url"] = webhook
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    words = [
        str(_alertmanager_in(folder)),
        "--config.file=alertmanager.yml",
        f"--web.listen-address={address}",
        f"--storage.path={folder / 'alerts'}",
        "--cluster.listen-address=",
    ]
    with server(words, folder, f"http://{address}/-/ready"):
        yield address


def _alertmanager_in(folder: Path) -> Path:
    """A copy that looks for its templates where it runs.

    Debian's has the place at which its package is installed compiled in, and here it is only
    unpacked. The new place has as many characters as the old one.
    """
    program = debian_program("prometheus-alertmanager")
    installed = b"/usr/share/prometheus/alertmanager"
    here = b"/proc/self/cwd".ljust(len(installed), b"/")
    copy = folder / program.name
    copy.write_bytes(program.read_bytes().replace(installed, here))
    copy.chmod(0o700)
    for template in (program.parents[2] / installed.decode().lstrip("/")).glob("*.tmpl"):
        shutil.copy(template, folder)
    return copy


@contextlib.contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook: its address, and the alerts that it has been sent."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.extend(body["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """No lines in the output of the tests."""

    with served(Handler) as address:
        yield f"http://{address}/", got


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server on loopback: its host and port."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{web.server_port}"
    finally:
        web.shutdown()
        web.server_close()
        thread.join(10)


def query(address: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus finds now."""
    found = get(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
    assert found["status"] == "success", found
    result: list[dict[str, Any]] = found["data"]["result"]
    return result
