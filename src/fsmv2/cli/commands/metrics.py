"""`metrics`: the figures of a running tree, as a scrape gets them."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir
from fsmv2.cli.request_options import Tree


def metrics(
    file: Tree = None,
    state_dir: StateDir = None,
    openmetrics: Annotated[
        bool, typer.Option("--openmetrics", help="As OpenMetrics, not in the format of Prometheus.")
    ] = False,
) -> None:
    """Print all metrics of a running tree, as Prometheus reads them at /metrics.

    It is asked through its socket: `run --listen` is needed only for programs that speak HTTP over
    TCP.

    $ fsmv2 metrics
    $ fsmv2 metrics --openmetrics -f plant.yaml
    """
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.running_trees import chosen_tree

        tree = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 metrics")
        put(tree.metrics(openmetrics=openmetrics), end="")
