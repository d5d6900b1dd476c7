"""`status`: what runs and what is broken, of a whole tree."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, Output, StateDir, Subtrees, Types
from fsmv2.cli.request_options import Tree
from fsmv2.cli.since_argument import At


def status(
    path: Subtrees = "",
    trouble: Annotated[
        bool, typer.Option("--trouble", "-t", help="Only workers that need a look.")
    ] = False,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="Only those in this state; a,b: either.")
    ] = "",
    phase: Annotated[
        str,
        typer.Option(
            "--phase", metavar="PHASE", help="Such as running, starting, degraded, failed, stopped."
        ),
    ] = "",
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Only workers of this type.")
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-w", help="Then print what changes, until Ctrl-C.")
    ] = False,
    at: At = None,
    file: Tree = None,
    types: Types = None,
    state_dir: StateDir = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Show a tree, trouble first: what needs a look and why, then all that is healthy.

    What is healthy is counted where there is no space for it; `-o wide` has a line for each. A tree
    that has crashed, or does not answer, is read from its journal. With `--follow` each change is
    a line; with `-o json` an object. With `--at` it is shown as it was then, from its journal. The
    exit code is 0 whatever state the tree is in: `fsmv2 health` has one for scripts.

    $ fsmv2 status
    $ fsmv2 status --trouble
    $ fsmv2 status --at 12:01
    $ fsmv2 status 'edge/line2/*' --phase degraded -o json
    """
    if follow and at is not None:
        raise typer.BadParameter("--follow cannot be combined with --at")
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.cli.screen_size import screen_size
        from fsmv2.cli.status_text import lines_of, wide_lines
        from fsmv2.cli.structured_output import chosen_format, put_structured
        from fsmv2.cli.which_tree import which_tree
        from fsmv2.operate.row_folding import ENDLESS
        from fsmv2.operate.tree_status import tree_status
        from fsmv2.operate.worker_filter import WorkerFilter

        shown = chosen_format(output, as_json=as_json)
        size = screen_size()
        which = WorkerFilter(path=path, state=state, phase=phase, type=type_, trouble=trouble)
        space = size.space if shown == "table" else ENDLESS
        report = tree_status(which, which_tree(file, state_dir, types, at=at), space=space)
        if put_structured(report, shown):
            pass
        elif shown == "name":
            for row in report.rows:
                put(row.path)
        else:
            wide = shown == "wide"
            for line in wide_lines(report.rows) if wide else lines_of(report, size.columns):
                put(*line)
        if follow:
            from fsmv2.cli.status_follow import follow as follow_changes
            from fsmv2.operate.remote_tree import RemoteTree
            from fsmv2.operate.running_trees import chosen_tree

            tree = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 status")
            follow_changes(tree, which, as_json=shown == "json")
