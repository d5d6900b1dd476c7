"""fsmv2 beside Erlang/OTP, on the same tree in one run: `python -m bench.otp`.

Needs `erl` and `erlc` (Debian: `apt-get install erlang-base`). Each measurement is a process of its
own, and they take turns. fsmv2 stands there twice: as a library that keeps nothing, like OTP, and
as `fsmv2 run` has it, with a store and a journal.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
SOURCES = ("otp_tree.erl", "otp_leaf.erl")

ROWS = (
    ("start_s", "start → all running", "s", 1.0),
    ("react_s", "a variable → rendered by the last one", "ms", 1e3),
    ("memory_per_worker_b", "memory of a worker", "KB", 1e-3),
)


def otp(parents: int, compiled: Path) -> dict[str, float]:
    """A tree of supervisors and servers in the Erlang virtual machine."""
    command = ["erl", "+P", "1000000", "-noshell", "-pa", str(compiled), "-s", "otp_tree", "main"]
    return _json([*command, str(parents)])


def ours(keeps: str, parents: int) -> dict[str, float]:
    """The same tree of workers; `keeps` as in `bench.kept`."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "bench.kept", "--of", keeps, "--parents", str(parents)]
        return _json([*command, "--directory", directory])


def _json(command: list[str]) -> dict[str, float]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compared(parents: int, runs: int, compiled: Path) -> dict[str, dict[str, float]]:
    """The medians of each, all taking turns."""
    found: dict[str, list[dict[str, float]]] = {"OTP": [], "nothing kept": [], "as run": []}
    for number in range(runs):
        print(f"{1 + parents * 4:,} workers, run {number + 1}", file=sys.stderr)
        found["OTP"].append(otp(parents, compiled))
        found["nothing kept"].append(ours("nothing", parents))
        found["as run"].append(ours("both", parents))
    return {
        name: {key: median(one[key] for one in all_) for key, *_ in ROWS}
        for name, all_ in found.items()
    }


def main() -> None:
    """Compare and print a table on stderr, the same as JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench.otp", description=__doc__)
    parser.add_argument("--parents", type=int, nargs="+", default=[100, 2_525, 25_250])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if shutil.which("erlc") is None or shutil.which("erl") is None:
        print(
            "bench.otp needs Erlang, and is left out: apt-get install erlang-base", file=sys.stderr
        )
        return
    figures: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        sources = [str(HERE / source) for source in SOURCES]
        subprocess.run(["erlc", "-o", name, *sources], check=True)
        for parents in args.parents:
            workers = f"{1 + parents * 4:,}"
            figures[workers] = compared(parents, args.runs, Path(name))
            table = Table(title=f"{workers} workers, medians of {args.runs} runs in turn")
            for column in ("what", "unit", *figures[workers]):
                table.add_column(column, justify="left" if column == "what" else "right")
            for key, what, unit, factor in ROWS:
                cells = [f"{one[key] * factor:.3g}" for one in figures[workers].values()]
                table.add_row(what, unit, *cells)
            Console(stderr=True, width=120).print(table)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
