"""`simulate TREE`: a tree under seeded faults in virtual time; a failure with its replay."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.cli.error_messages import reported


def simulate(
    tree: Annotated[
        str,
        typer.Argument(
            metavar="TREE", help="A document, or package.module:name of a worker type or a tree."
        ),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="DURATION", parser=duration, help="Virtual time: 30d, 6h. Default 1d."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Draws all faults.")] = 0,
    every: Annotated[
        float | None,
        typer.Option(
            "--every", metavar="DURATION", parser=duration, help="Between two faults. Default 60s."
        ),
    ] = None,
    only: Annotated[
        str,
        typer.Option("--only", metavar="N,N", help="Of the seed's faults only these; a replay."),
    ] = "",
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", min=1, help="How many seeds, from --seed on.")
    ] = 1,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=1, help="Seeds at once, in processes.")
    ] = 1,
    least: Annotated[
        int,
        typer.Option(
            "--least", metavar="N", min=0, help="How often each fault must meet each phase."
        ),
    ] = 0,
) -> None:
    """Run a whole tree under faults drawn from a seed, in virtual time, and check what must hold.

    What a document's workers look at and act on is simulated; the workers are the real ones. A
    failure prints the fewest faults found that bring it about, and the command that replays
    them. Exit code 0: everything held, 1: something did not.

    $ fsmv2 simulate plant.yaml --for 2d
    $ fsmv2 simulate plant.yaml --seeds 20 --jobs 2
    $ fsmv2 simulate mine.lamp:Lamp --seed 7 --only 3,17
    """
    with reported():
        from fsmv2.cli.simulation_session import run_simulation

        raise typer.Exit(
            run_simulation(
                tree,
                seconds=seconds or 86_400.0,
                seed=seed,
                every=every or 60.0,
                only=only,
                seeds=seeds,
                jobs=jobs,
                least=least,
            )
        )
