"""`why`: what a worker is, why, and what next; or where a variable of it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import AsJson, StateDir, Types
from fsmv2.cli.request_options import OnePath, Tree
from fsmv2.cli.since_argument import At
from fsmv2.cli.which_tree import which_tree

if TYPE_CHECKING:
    from fsmv2.operate.live_or_recorded import WhichTree


def why(
    path: OnePath,
    var: Annotated[
        str | None, typer.Option("--var", metavar="NAME", help="IP, global.rate, location.site.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--not", metavar="STATE", help="What keeps it from this state, as active."),
    ] = None,
    at: At = None,
    file: Tree = None,
    types: Types = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Explain the state of a worker of the running tree, what it will do next, and when.

    A tree that has crashed, or does not answer, is read from its journal; so is, with --at, how it
    was and why at a moment of the past.

    With --not: what is missing for it to be in another state: what is asked instead, whom it waits
    for, what is in trouble below it, and what comes next.

    With --var: the value that the file gives it for a variable, its tier, who declared it, file
    and line; also what that hides. Nothing needs to run for this; a tree that is older is named.

    $ fsmv2 why edge/filler
    $ fsmv2 why edge/filler --at 12:01
    $ fsmv2 why edge/filler --var PORT
    $ fsmv2 why edge/filler --state-dir state --json
    """
    if var is not None and (as_json or types or state is not None or at is not None):
        raise typer.BadParameter("--var cannot be combined with --not, --at, --json and --types")
    with reported():
        if var is not None:
            _show_variable(file, path, var, state_dir)
        elif state is not None:
            tree = which_tree(file, state_dir, types, at=at)
            _show_obstacles(path, state, tree, as_json=as_json)
        else:
            _show_status(path, which_tree(file, state_dir, types, at=at), as_json=as_json)
        raise typer.Exit(OK)


def _show_variable(file: Path | None, path: str, variable: str, state_dir: Path | None) -> None:
    from fsmv2.cli.console import put
    from fsmv2.operate.running_trees import chosen_document
    from fsmv2.operate.variable_origin import value_text, why_variable

    document = chosen_document(file, state_dir)
    found = why_variable(document, path, variable, state_dir=state_dir)
    put(f"{path}: {found.variable} = {value_text(found.value)}")
    for line in found.origin:
        put(f"  {line}")
    if found.change:
        put(f"  this is what the file declares: {found.change}")


def _show_obstacles(path: str, state: str, tree: WhichTree, *, as_json: bool) -> None:
    from fsmv2.cli.console import put, put_json
    from fsmv2.cli.obstacles_text import lines_of
    from fsmv2.cli.screen_size import screen_size
    from fsmv2.operate.worker_questions import obstacles

    found = obstacles(path, state, tree)
    if as_json:
        put_json(found)
        return
    for line in lines_of(found, screen_size().columns):
        put(line)


def _show_status(path: str, tree: WhichTree, *, as_json: bool) -> None:
    from fsmv2.cli.console import put, put_json
    from fsmv2.cli.why_text import lines_of
    from fsmv2.operate import live_status

    found = live_status.why(
        path,
        document=tree.document,
        state_dir=tree.state_dir,
        types=tree.types,
        limit=tree.limit,
        at=tree.at,
    )
    if as_json:
        put_json(found)
    else:
        for line in lines_of(found):
            put(line)
