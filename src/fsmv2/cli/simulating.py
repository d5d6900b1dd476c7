"""`simulate TREE`: a tree under seeded faults in virtual time; a failure with its replay."""

from __future__ import annotations

import typer

from fsmv2.cli.exits import FAILED, OK, USAGE
from fsmv2.cli.terminal import complain, count, progress


def run_simulation(tree: str, *, seconds: float, seed: int, every: float, only: str) -> int:
    """Simulate, print the coverage and what broke; returns the exit code."""
    from fsmv2.testing import simulate
    from fsmv2.testing.trial import load_tree

    numbers = [part.strip() for part in only.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in numbers):
        complain(f"'--only {only}' is no list of numbers", fix="Write it like --only 3,17,40.")
        return USAGE
    outcome = simulate(
        load_tree(tree),
        seed=seed,
        seconds=seconds,
        every=every,
        only=[int(part) for part in numbers] or None,
    )
    typer.echo(outcome.table())
    progress(
        f"seed {seed}: {count(outcome.workers, 'worker')}, {seconds / 3600:g} h, "
        f"{count(outcome.faults, 'fault')}, {count(outcome.ticks, 'tick')}"
    )
    if outcome.held:
        return OK
    complain(outcome.found)
    for line in outcome.trace:
        progress(f"  {line}")
    indices = ",".join(str(fault.index) for fault in outcome.shortest)
    replay = f"fsmv2 simulate {tree} --seed {seed} --for {seconds:g}s --every {every:g}s"
    progress(f"replay: {replay}" + (f" --only {indices}" if indices else ""))
    return FAILED
