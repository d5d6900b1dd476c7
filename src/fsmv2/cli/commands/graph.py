"""`graph`: the tree as a picture, or as text that others make a picture of."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir, Subtree
from fsmv2.cli.request_options import Tree

FORMATS = ("mermaid", "dot", "svg")


def _format(text: str) -> str:
    from fsmv2.name_suggestions import suggest

    if text not in FORMATS:
        raise typer.BadParameter(f"there is no {text!r}. {suggest(text, FORMATS)}")
    return text


def graph(
    path: Subtree = "",
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
        from fsmv2.operate.known_graph import graph_nodes
        from fsmv2.operate.tree_graph import graph_text

        nodes = graph_nodes(path, file, state_dir, tool="fsmv2 graph")
        put(graph_text(nodes, form), end="")  # type: ignore[arg-type]  # its parser allows no other
