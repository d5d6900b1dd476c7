"""A simulation for `simulate`: seeds, one after the other or at once; a failure with its replay."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from fsmv2.cli.console import complain, count, progress, put
from fsmv2.cli.exit_codes import FAILED, OK, USAGE
from fsmv2.cli.progress_line import long_work

if TYPE_CHECKING:
    from fsmv2.testing import SimulationResult
    from fsmv2.testing.simulated_world import SimulatedWorld


def run_simulation(
    tree: str,
    *,
    seconds: float,
    seed: int,
    every: float,
    only: str,
    seeds: int = 1,
    jobs: int = 1,
    least: int = 0,
) -> int:
    """Simulate, print the coverage and what broke; returns the exit code."""
    from fsmv2.testing import load_tree, simulate

    numbers = [part.strip() for part in only.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in numbers):
        complain(f"'--only {only}' is not a list of numbers", fix="Write it like --only 3,17,40.")
        return USAGE
    if numbers and seeds > 1:
        complain("--only is about the faults of one seed", fix="Leave out --seeds.")
        return USAGE
    if seeds > 1 or least:
        return _run_many(
            tree, range(seed, seed + seeds), seconds=seconds, every=every, jobs=jobs, least=least
        )
    with long_work(f"simulating {tree} without faults") as work:

        def begun(world: SimulatedWorld) -> None:
            text = f"seed {seed}: simulating {seconds / 3600:g} h of {tree}"
            work.begin(text, lambda: world.now / seconds)

        def failed(outcome: SimulationResult) -> None:
            _show_shrinking(outcome)
            work.begin(f"seed {seed}: trying with fewer faults")

        outcome = simulate(
            load_tree(tree),
            seed=seed,
            seconds=seconds,
            every=every,
            only=[int(part) for part in numbers] or None,
            on_failure=failed,
            on_begin=begun,
        )
    put(outcome.table())
    progress(_result_line(outcome))
    _warn_of_unwell(outcome)
    if outcome.held:
        return OK
    _show_failure(tree, outcome, every)
    return FAILED


def _run_many(
    tree: str, seeds: range, *, seconds: float, every: float, jobs: int, least: int
) -> int:
    from fsmv2.testing import load_tree, simulate_many

    load_tree(tree)  # what is wrong with it is told once, not by each process
    began = time.monotonic()
    last: list[SimulationResult] = []

    # Processes are forked, which must not be done beside a thread: those say it seed by seed.
    with long_work(f"simulating {tree}") if jobs == 1 else contextlib.nullcontext() as work:

        def on_result(outcome: SimulationResult) -> None:
            last.append(outcome)
            progress(_result_line(outcome))
            if work is not None:
                work.begin(f"simulating {tree}, {len(last)} of {count(len(seeds), 'seed')} done")

        found = simulate_many(
            tree,
            seeds,
            seconds=seconds,
            every=every,
            jobs=jobs,
            on_result=on_result,
            on_failure=_show_shrinking,
        )
    took = time.monotonic() - began
    put(found.table())
    _warn_of_unwell(last[-1])
    progress(
        f"{count(found.runs, 'seed')}: {found.hours:,.0f} tree-hours of {found.workers} workers or "
        f"more, {found.hits:,} faults took effect, {found.crashes:,} crashes, {found.ticks:,} "
        f"ticks; {took:,.0f} s, {found.hours / max(took, 0.001):.2f} tree-hours a second"
    )
    for outcome in found.failed:
        complain(f"seed {outcome.seed}")
        _show_failure(tree, outcome, every)
    thin = found.thin(least)
    if thin and not found.failed:
        complain(
            f"not every fault met every phase {least} times: {'; '.join(thin)}",
            fix="Simulate for longer, or more seeds, or a tree whose workers dwell in that phase.",
        )
    return FAILED if found.failed or thin else OK


def _result_line(outcome: SimulationResult) -> str:
    return (
        f"seed {outcome.seed}: {count(outcome.workers, 'worker')}, {outcome.seconds / 3600:g} h, "
        f"{count(outcome.faults, 'fault')}, {count(sum(outcome.coverage.values()), 'hit')}, "
        f"{count(outcome.ticks, 'tick')}"
    )


def _show_shrinking(outcome: SimulationResult) -> None:
    progress(
        f"seed {outcome.seed}: {outcome.found}\n"
        f"seed {outcome.seed}: looking for the fewest of its {count(outcome.faults, 'fault')} that "
        "bring it about; that may take a while"
    )


def _warn_of_unwell(outcome: SimulationResult) -> None:
    if outcome.unwell:
        few = "; ".join(outcome.unwell[:3])
        progress(f"warning: without any fault {len(outcome.unwell)} of them do not run: {few}")


def _show_failure(tree: str, outcome: SimulationResult, every: float) -> None:
    complain(outcome.found)
    for line in outcome.trace:
        progress(f"  {line}")
    indices = ",".join(str(fault.index) for fault in outcome.shortest)
    replay = f"fsmv2 simulate {tree} --seed {outcome.seed} --for {outcome.seconds:g}s"
    replay += f" --every {every:g}s"
    progress(f"replay: {replay}" + (f" --only {indices}" if indices else ""))
