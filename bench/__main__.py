"""`make bench`: the figures of one tree, each the median of five runs, with the machine named.

The Go original's figures, measured on two cores, stand beside ours for comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from statistics import median

from rich.console import Console
from rich.table import Table

ROWS = (
    ("converge_s", "start → all running", "s", "1.29", "0.06"),
    ("converge_stored_s", "the same, kept in a SQLite store", "s", "", ""),
    ("quiet_cpu", "CPU of the quiet tree", "of a core", "0.22–1.0", "0.01"),
    ("memory_per_worker_kb", "memory per worker", "KB", "200–250, growing", "8, flat"),
    ("memory_growth_per_worker_kb", "its growth while quiet", "KB", "", "0"),
    ("react_p50_s", "root variable → last child, p50", "s", "0.176", "0.010"),
    ("longest_slice_s", "longest slice of supervision", "CPU s", "", "0.005"),
)


def main() -> None:
    """Run, print a table on stderr and the same as JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--parents", type=int, default=100, help="each has three children")
    parser.add_argument("--quiet", type=float, default=20.0, help="seconds the tree is left alone")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    runs = []
    for number in range(args.runs):
        print(f"run {number + 1} of {args.runs}", file=sys.stderr)
        command = [sys.executable, "-m", "bench.measure", str(args.parents), str(args.quiet)]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table(title=f"{runs[0]['workers']:.0f} workers; {machine}; median of {len(runs)} runs")
    for column in ("what", "median", "min", "max", "unit", "Go original", "first aim"):
        table.add_column(column, justify="left" if column == "what" else "right")
    figures = {}
    for key, what, unit, original, aim in ROWS:
        values = sorted(run[key] for run in runs)
        figures[key] = {"median": median(values), "min": values[0], "max": values[-1]}
        shown = [f"{v:.4g}" for v in (median(values), values[0], values[-1])]
        table.add_row(what, *shown, unit, original, aim)
    Console(stderr=True, width=110).print(table)
    print(json.dumps({"machine": machine, "workers": runs[0]["workers"], "figures": figures}))


if __name__ == "__main__":
    main()
