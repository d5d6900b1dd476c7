"""`make bench`: what a tree costs, at each size the median of some runs, beside the aims.

Each run is a process of its own. `bench.otp` compares with Erlang/OTP, `bench.process_supervisors`
with supervisord and s6.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

SIZES = (401, 4_001, 10_101, 101_001)
LARGE = 50_000
"""From this many workers on one run is made, which takes its minutes; none of them is polled."""

# Key, what it is, its unit and the factor to it, and the aim at each size.
TREE_ROWS: tuple[tuple[str, str, str, float, tuple[str, ...]], ...] = (
    ("converge_s", "start → all running", "s", 1, ("0.03", "0.25", "0.7", "8")),
    ("converge_cpu_s", "  of the processor", "CPU s", 1, ()),
    ("converge_us", "  for each worker", "CPU µs", 1, ()),
    ("converge_stored_s", "the same, kept in a SQLite store", "s", 1, ()),
    (
        "react_s",
        "root variable → last child derived, p50",
        "ms",
        1000.0,
        ("6", "60", "180", "2000"),
    ),
    ("react_cpu_s", "  of the processor", "CPU ms", 1000.0, ()),
    ("react_us", "  for each worker", "CPU µs", 1, ()),
    (
        "quiet_pushed_cpu",
        "quiet, observations pushed",
        "of a core",
        1,
        ("0.002", "0.002", "0.002", "0.002"),
    ),
    ("quiet_polled_cpu", "quiet, polled every 5 s", "of a core", 1, ("", "", "0.05", "")),
    ("memory_per_worker_b", "memory of a worker, its own data included", "KB", 0.001, ()),
    (
        "memory_beyond_b",
        "memory of a worker beyond its own data",
        "KB",
        0.001,
        ("3", "3", "3", "3"),
    ),
    ("memory_growth_b", "its growth while quiet", "bytes", 1, ("0", "0", "0", "0")),
    ("longest_slice_start_s", "longest slice of the start", "CPU ms", 1000.0, ("5", "5", "5", "5")),
    ("longest_slice_react_s", "longest slice of a change", "CPU ms", 1000.0, ("5", "5", "5", "5")),
    ("longest_slice_stop_s", "longest slice of a stop", "CPU ms", 1000.0, ("5", "5", "5", "5")),
    ("stop_s", "stop, children before parents", "s", 1, ()),
)

MICRO_ROWS = (
    ("idle_tick_401_s", "tick of an unchanged tree of 401", "µs", 1000000.0, "10"),
    ("idle_tick_10101_s", "tick of an unchanged tree of 10,101", "µs", 1000000.0, "10"),
    ("decision_s", "one decision, no template", "µs", 1000000.0, "15"),
    ("render_changed_s", "six changed variables rendered into typed config", "µs", 1000000.0, "25"),
    ("render_unchanged_s", "the same, unchanged", "µs", 1000000.0, "0.3"),
    ("diff_none_s", "1,000 children diffed, none changed", "ms", 1000.0, "0.2"),
    ("diff_one_s", "1,000 children diffed, one changed", "ms", 1000.0, "0.3"),
    ("crash_loop_own_ticks", "ticks of a worker that crashes for an hour", "", 1, ""),
    ("crash_loop_sibling_ticks", "ticks of its hundred siblings", "", 1, "0"),
)


def run(*arguments: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", *arguments]
    found: dict[str, float] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    )
    return found


def of_sizes(sizes: Sequence[int], runs: int, options: Sequence[str]) -> dict[int, list[Any]]:
    """The runs of each size. One run of each in turn, so that a busy moment spoils none alone."""
    found: dict[int, list[Any]] = {size: [] for size in sizes}
    for number in range(runs):
        for size in sizes:
            if number and size >= LARGE:
                continue
            print(f"{size:,} workers, run {number + 1}", file=sys.stderr)
            parents = str((size - 1) // 4)
            one = run("bench.measure", parents, *options)
            one |= run("bench.own_data", parents)
            one["memory_beyond_b"] = one["memory_per_worker_b"] - one["own_data_b"]
            for name in ("converge", "react"):
                one[f"{name}_us"] = one[f"{name}_cpu_s"] / size * 1e6
            found[size].append(one)
    return found


def summed(values: list[float]) -> dict[str, float]:
    """Median and spread."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def shown(figure: dict[str, float], factor: float) -> str:
    """`median (min–max)`, three digits each."""
    middle, low, high = (f"{figure[key] * factor:.3g}" for key in ("median", "min", "max"))
    return middle if low == high else f"{middle} ({low}–{high})"


def main() -> None:
    """Run, print tables on stderr and the same as JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="workers, 1 + 4 n")
    parser.add_argument("--quiet", type=float, default=20.0, help="seconds a tree is left alone")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--default-gc", action="store_true", help="with Python's own pauses for garbage"
    )
    args = parser.parse_args()
    options = [str(args.quiet), *(["--default-gc"] if args.default_gc else [])]
    trees = of_sizes(args.sizes, args.runs, options)
    micro = [run("bench.micro") for _ in range(args.runs)]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    console = Console(stderr=True, width=150)
    figures: dict[str, Any] = {"trees": {}, "operations": {}}
    table = Table(title=f"{machine}; median (spread) of {args.runs} runs, of one from {LARGE:,}")
    for column in ("what", "unit", *(f"{size:,}" for size in args.sizes), "aims"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit, factor, aims in TREE_ROWS:
        cells = []
        for size, found in trees.items():
            values = [one[key] for one in found if key in one]
            if values:
                figures["trees"].setdefault(size, {})[key] = summed(values)
            cells.append(shown(summed(values), factor) if values else "")
        table.add_row(what, unit, *cells, _joined(aims))
    console.print(table)
    table = Table(title=f"single operations; median (spread) of {args.runs} runs")
    for column in ("what", "unit", "took", "aim"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit, factor, aim in MICRO_ROWS:
        figures["operations"][key] = summed([one[key] for one in micro])
        table.add_row(what, unit, shown(figures["operations"][key], factor), aim)
    console.print(table)
    print(json.dumps({"machine": machine, **figures}))


def _joined(cells: Sequence[str]) -> str:
    kept = [cell or "–" for cell in cells]
    return " · ".join(kept) if len(set(kept)) > 1 else "".join(set(kept)).replace("–", "")


if __name__ == "__main__":
    main()
