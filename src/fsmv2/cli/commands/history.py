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
    """List the generations of a tree's document: when each was applied, by whom, and why.

    The last hundred are kept. The one that runs is marked.

    $ fsmv2 history
    $ fsmv2 history -f plant.yaml --json
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.known_generations import KnownGenerations
        from fsmv2.operate.time_text import date_text

        found = KnownGenerations(file, state_dir, tool="fsmv2 history").history()
        if as_json:
            put_json(found)
            return
        head = found.head
        for one in found.generations:
            runs = head is not None and head.number == one.number
            mark = "*" if runs else " "
            pinned = " (pinned)" if runs and head is not None and head.pinned else ""
            put(f"{mark} {one.number:4}  {date_text(one.at)[:19]}  {one.who}{pinned}")
            again = f"generation {one.rollback_of} again; " if one.rollback_of else ""
            put(f"        {one.tool}: {again}{one.why}; {one.source}")
        if not found.generations:
            put("no generation of the document is kept yet")
