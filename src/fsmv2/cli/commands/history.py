"""`history`: the generations of a tree's document."""

from __future__ import annotations

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree


def history(
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """List the generations of a tree's document: when each was applied, by whom, why, and whether
    it converged.

    The last hundred are kept. The one that runs is marked.

    $ fsmv2 history
    $ fsmv2 history -f plant.yaml --json
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.cli.history_text import history_lines
        from fsmv2.operate.known_generations import KnownGenerations

        found = KnownGenerations(file, state_dir, tool="fsmv2 history").history()
        if as_json:
            put_json(found)
            return
        for line in history_lines(found):
            put(*line)
