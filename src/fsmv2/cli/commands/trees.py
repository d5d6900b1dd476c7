"""`trees`: what runs on this machine."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson


def trees(as_json: AsJson = False) -> None:
    """List your trees that run on this machine, the longest running first.

    $ fsmv2 trees
    $ fsmv2 trees --json
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.running_trees import running_trees
        from fsmv2.operate.state_directory import short_path
        from fsmv2.operate.time_text import brief_date_text

        found = running_trees()
        if as_json:
            put_json(found)
            raise typer.Exit(0)
        for tree in found:
            since, place = brief_date_text(tree.since), short_path(tree.directory)
            put(f"{tree.document}")
            put(f"  process {tree.pid}, since {since}, in {place}")
        if not found:
            put("none of your trees runs on this machine")
