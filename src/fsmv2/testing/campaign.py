"""One tree under many seeds, spread over processes, and what all of them covered together."""

from __future__ import annotations

import functools
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice

import msgspec

from fsmv2.testing.fault_simulation import SimulationResult, load_tree, simulate, table_of
from fsmv2.testing.faults import IMPOSSIBLE, FaultKind
from fsmv2.worker import Phase


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What many runs of one tree found. `workers` are those of the smallest tree among them.

    `hits` are the faults that took effect, `coverage` the same by kind and phase. `failed` are the
    outcomes in which something did not hold.
    """

    runs: int
    """How many seeds were simulated."""
    hours: float
    """Virtual hours of all runs together."""
    workers: int
    ticks: int
    """Decisions of all runs together."""
    hits: int
    crashes: int
    """How often the supervising program was killed, and came back from its store."""
    coverage: dict[tuple[FaultKind, Phase], int]
    failed: tuple[SimulationResult, ...] = ()

    def table(self) -> str:
        """Fault kinds by phases, as text."""
        return table_of(self.coverage)

    def thin(self, least: int) -> list[str]:
        """The pairs of kind and phase that were met less often than that, though they can be."""
        return [
            f"{kind} while {phase}: {self.coverage.get((kind, phase), 0)}"
            for kind in FaultKind
            for phase in Phase
            if (kind, phase) not in IMPOSSIBLE and self.coverage.get((kind, phase), 0) < least
        ]


def simulate_many(
    tree: str,
    seeds: Iterable[int],
    *,
    seconds: float = 86_400.0,
    every: float = 60.0,
    jobs: int = 1,
    on_result: Callable[[SimulationResult], None] = lambda outcome: None,
    on_failure: Callable[[SimulationResult], None] | None = None,
) -> Campaign:
    """Simulate `tree`, named as on the command line, once for each of `seeds`, in `jobs` processes.

    `seconds` and `every` are as for `simulate`.
    `on_result` is called with each outcome as it comes. After the first failure no run is begun.
    `on_failure` is as for `simulate`, a function of a module: the process that found it calls it.
    """
    run = functools.partial(_run, tree, seconds, every, on_failure)
    found: list[SimulationResult] = []
    for outcome in _results(run, iter(seeds), jobs):
        found.append(outcome)
        on_result(outcome)
    coverage: Counter[tuple[FaultKind, Phase]] = Counter()
    for outcome in found:
        coverage.update(outcome.coverage)
    return Campaign(
        runs=len(found),
        hours=sum(min(outcome.at, outcome.seconds) for outcome in found) / 3600.0,
        workers=min((outcome.workers for outcome in found), default=0),
        ticks=sum(outcome.ticks for outcome in found),
        hits=sum(coverage.values()),
        crashes=sum(outcome.crashes for outcome in found),
        coverage=dict(coverage),
        failed=tuple(outcome for outcome in found if not outcome.held),
    )


def _run(
    tree: str,
    seconds: float,
    every: float,
    on_failure: Callable[[SimulationResult], None] | None,
    seed: int,
) -> SimulationResult:
    failed = on_failure or (lambda outcome: None)
    return simulate(load_tree(tree), seed=seed, seconds=seconds, every=every, on_failure=failed)


def _results(
    run: Callable[[int], SimulationResult], seeds: Iterator[int], jobs: int
) -> Iterator[SimulationResult]:
    """Each as it comes, with never more under way than there are processes."""
    if jobs <= 1:
        for seed in seeds:
            outcome = run(seed)
            yield outcome
            if not outcome.held:
                return
        return
    # Forked, so that they find what this process can import; there are no threads to lose.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running: set[Future[SimulationResult]] = {
            pool.submit(run, seed) for seed in islice(seeds, jobs)
        }
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                outcome = future.result()
                yield outcome
                if not outcome.held:
                    seeds = iter(())
                running |= {pool.submit(run, seed) for seed in islice(seeds, 1)}
