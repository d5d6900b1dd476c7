"""`health`: whether fsmv2 itself works, and whether its tree is what the document asks for."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree


def health(file: Tree = None, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """Report whether fsmv2 itself works, and which workers are not as the document asks.

    What /healthz and /readyz answer, through the socket of the tree; and whether the document was
    changed since, which alters no exit code: 0 when it works and is ready, 3 when something is
    degraded or not there yet, 1 when its supervision is stuck or does not answer.

    $ fsmv2 health
    $ fsmv2 health -f plant.yaml --json
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.cli.exit_codes import FAILED, OK, PENDING
        from fsmv2.cli.health_text import health_lines
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.running_trees import chosen_tree

        found = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 health").health()
        if as_json:
            put_json(found)
        else:
            for line in health_lines(found):
                put(*line)
        status = found.health.status
        if status == "stuck":
            raise typer.Exit(FAILED)
        raise typer.Exit(OK if status == "ok" and found.readiness.ready else PENDING)
