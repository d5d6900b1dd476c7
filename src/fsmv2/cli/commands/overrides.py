"""`overrides`: what operators asked for and the document does not say."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree


def overrides(
    path: Annotated[
        str, typer.Argument(metavar="[PATH]", help="Only those at this path and below.")
    ] = "",
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """List what is stopped, paused, silenced, logged or set by hand: where, who, since when, why.

    Also those of a path that is not there any more. `start`, `resume`, `unsilence`, `unset` and
    `log-level PATH default` end them.

    $ fsmv2 overrides
    $ fsmv2 overrides edge/filler --json
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.running_trees import chosen_tree
        from fsmv2.operate.time_text import brief_date_text, local_times

        found = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 overrides").overrides(path)
        if as_json:
            put_json(found)
            return
        for one in found:
            notes = [f"since {brief_date_text(one.at)}"]
            if one.lasting:
                notes.append(f"{one.lasting}: is it still needed?")
            if not one.there:
                notes.append("no worker is at this path now")
            if not one.durable:
                notes.append("not durable yet")
            put(f"{one.path}: {local_times(one.text)} ({', '.join(notes)})")
            if one.kind == "set":
                put(f"  {one.name} = {one.value!r}")
        if not found:
            put("no overrides: everything is as declared")
