"""Each benchmark runs to its end in its smallest form, so that none is broken when it is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SMALLEST = {
    "__main__": ("--sizes", "5", "--quiet", "0.1", "--runs", "1"),
    "api": ("--workers", "10", "--clients", "1", "--for", "0.5"),
    "applies": ("--bridges", "2", "--rounds", "1", "--unchanged", "2"),
    "bridges": ("--bridges", "2", "--tags", "2", "--for", "2"),
    "kept": ("--parents", "2", "--runs", "1"),
    "otp": ("--parents", "2", "--runs", "1"),
    "plan": ("--bridges", "2", "--plans", "1"),
    "plan_in_trouble": ("--bridges", "3", "--circuits", "1"),
    "process_supervisors": ("--count", "2", "--runs", "1"),
    "screen": ("--workers", "10", "--rate", "5", "--for", "1"),
    "soak": ("--minutes", "0.1"),
    "untouched_flows": ("--bridges", "3", "--changed", "1", "--rounds", "1", "--quiet", "2"),
    "watchers": ("--workers", "10", "--watchers", "2", "--rate", "5", "--for", "1"),
}
"""Those that can be asked for less. The others take as long as they take."""

OF_ONE_SIZE = ("command_line", "metrics", "micro", "own_data", "template_work", "traces")

PARTS = {"measure", "plcs", "counting_plcs", "witness"}
"""Programs that the benchmarks start."""

NEEDS = {"otp": "erl", "process_supervisors": "s6-svscan"}
"""Debian's packages that are compared with, and that nothing else needs."""


def run(name: str, *words: str) -> None:
    module = "bench" if name == "__main__" else f"bench.{name}"
    if (needed := NEEDS.get(name)) and shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed; it is compared with, and that is all")
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.thorough
@pytest.mark.real
@pytest.mark.parametrize("name", SMALLEST)
def test_a_benchmark_runs_in_its_smallest_form(name: str) -> None:
    run(name, *SMALLEST[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_ONE_SIZE)
def test_a_benchmark_of_one_size_runs(name: str) -> None:
    run(name)


def test_every_benchmark_is_run_by_a_test() -> None:
    programs = {
        file.stem
        for file in (ROOT / "bench").glob("*.py")
        if 'if __name__ == "__main__"' in file.read_text(encoding="utf-8")
    }
    assert programs == {*SMALLEST, *OF_ONE_SIZE} | PARTS
