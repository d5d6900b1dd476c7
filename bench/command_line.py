"""What commands cost as whole processes: seconds, and seconds of the processor, the least of some.

`python -m bench.command_line`. A shell waits for a completion with each press of a key: 0.15 s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from api_socket import answering
from bench.api import document as large_document
from bench.measure import keep_bytecode

BRIDGES, WORKERS, RUNS = 1_000, 10_000, 5
FSMV2 = (sys.executable, "-m", "fsmv2.cli")


def plant(bridges: int) -> str:
    """A document of so many bridges of one template, with three tags each."""
    lines = [
        "agent: {name: edge, location: {enterprise: acme, site: aachen}}",
        "templates:",
        "  plc:",
        '    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}',
        "    read:",
        "      input:",
        "        modbus:",
        '          address: "{{ .IP }}:{{ .PORT }}"',
        "          registers:",
        *(f"            - {{name: t{n}, address: {n}, type: uint16}}" for n in range(3)),
        "bridges:",
    ]
    for n in range(bridges):
        lines += [
            f"  - name: plc-{n}",
            "    template: plc",
            f"    location: {{area: hall, line: l{n // 10}, cell: c{n}}}",
            f"    variables: {{IP: 10.0.{n // 250}.{n % 250}, PORT: 502}}",
        ]
    return "\n".join(lines) + "\n"


def cost(words: tuple[str, ...], env: dict[str, str]) -> tuple[float, float]:
    """The least of some runs: seconds, and seconds of the processor."""
    found = []
    for _ in range(RUNS):
        before, began = os.times(), time.perf_counter()
        subprocess.run([*FSMV2, *words], env=env, check=True, capture_output=True)
        after, took = os.times(), time.perf_counter() - began
        used = after.children_user + after.children_system
        found.append((took, used - before.children_user - before.children_system))
    return min(one[0] for one in found), min(one[1] for one in found)


def main() -> None:
    """Print a line for each."""
    keep_bytecode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = folder / "plant.yaml"
        document.write_text(plant(BRIDGES))
        env = {**os.environ, "XDG_STATE_HOME": name, "XDG_RUNTIME_DIR": name}
        paths = ["edge", *(f"edge/plc-{n}" for n in range(WORKERS - 1))]
        with answering(folder / "fsmv2" / "p", paths, document=str(document)):
            for title, words in (
                ("fsmv2 --version", ("--version",)),
                ("fsmv2 --help", ("--help",)),
                ("fsmv2 completion bash", ("completion", "bash")),
                (f"a path of {WORKERS:,} workers completed", ("__paths", "edge/plc-77")),
                (f"fsmv2 validate, {BRIDGES:,} bridges", ("validate", str(document))),
                (f"fsmv2 render, {BRIDGES:,} bridges", ("render", str(document))),
                ("fsmv2 schema", ("schema",)),
            ):
                show(title, words, env)
        of_a_tree(folder, env)


def show(title: str, words: tuple[str, ...], env: dict[str, str]) -> None:
    """Measure one command, and print its line."""
    took, used = cost(words, env)
    print(f"{title:40} {took:6.2f} s  {used:6.2f} s of the processor", flush=True)


def of_a_tree(folder: Path, env: dict[str, str]) -> None:
    """Questions about a tree of 10,000 workers that runs beside them, all of it whole processes."""
    file, state = folder / "large.yaml", str(folder / "large")
    file.write_text(large_document(WORKERS))
    place = ("--state-dir", state)
    with subprocess.Popen(
        [*FSMV2, "run", str(file), *place, "--log-format", "json"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as tree:
        try:
            until_answered(place, env)
            for title, words in (
                (f"fsmv2 status, {WORKERS:,} workers", ("status", *place)),
                ("fsmv2 status --trouble", ("status", "--trouble", *place)),
                ("fsmv2 describe PATH", ("describe", "edge/b00077", *place)),
                ("fsmv2 why PATH", ("why", "edge/b00077", *place)),
                ("fsmv2 events --since 1m", ("events", "--since", "1m", *place)),
                ("fsmv2 values", ("values", *place)),
            ):
                show(title, words, env)
        finally:
            tree.terminate()


def until_answered(place: tuple[str, ...], env: dict[str, str]) -> None:
    """Wait until the tree answers, and is done with its start."""
    limit = time.monotonic() + 300
    words = ("wait", "edge", "--for", "state=running", "--timeout", "60s", *place)
    while subprocess.run([*FSMV2, *words], check=False, env=env, capture_output=True).returncode:
        if time.monotonic() > limit:
            raise TimeoutError("the tree has not started within five minutes")
        time.sleep(0.5)
    time.sleep(10)  # what follows a start: everything is looked at once, and written


if __name__ == "__main__":
    main()
