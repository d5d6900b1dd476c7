"""`graph`: the tree as a picture, or as text that others make a picture of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir
from fsmv2.cli.request_options import Tree

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.tree_graph import GraphNode

FORMATS = ("mermaid", "dot", "svg")


def _format(text: str) -> str:
    from fsmv2.name_suggestions import suggest

    if text not in FORMATS:
        raise typer.BadParameter(f"there is no {text!r}. {suggest(text, FORMATS)}")
    return text


def graph(
    path: Annotated[
        str, typer.Argument(metavar="[PATH]", help="Only this worker and what is below it.")
    ] = "",
    form: Annotated[
        str,
        typer.Option("--format", parser=_format, metavar="FORMAT", help="mermaid, dot or svg."),
    ] = "mermaid",
    file: Tree = None,
    state_dir: StateDir = None,
) -> None:
    """Print the tree as a graph, with the state of each worker: Mermaid, DOT or SVG.

    With -f FILE and nothing running, the tree that FILE declares.

    \b
    fsmv2 graph > tree.mmd
    fsmv2 graph edge/filler --format svg > filler.svg
    fsmv2 graph --format dot | dot -Tpng > tree.png
    """
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.operate.tree_graph import graph_text

        nodes = _nodes(path, file, state_dir)
        put(graph_text(nodes, form), end="")  # type: ignore[arg-type]  # its parser allows no other


def _nodes(path: str, file: Path | None, state_dir: Path | None) -> list[GraphNode]:
    """Those of the tree that runs, or of a document that is named and does not run."""
    from fsmv2.errors import NotRunningError
    from fsmv2.operate.remote_tree import RemoteTree
    from fsmv2.operate.running_trees import chosen_tree
    from fsmv2.operate.tree_graph import GraphNode

    try:
        tree = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 graph")
    except NotRunningError:
        if file is None or state_dir is not None:
            raise
        from fsmv2.operate.document_expansion import expand

        expansion = expand(file)
        workers = expansion.below(path) if path else expansion.workers
        return [GraphNode(worker.path, worker.type) for worker in workers]
    return tree.get("/v1/workers", {"path": path}, list[GraphNode])
