"""The workers of a graph: those of the tree that runs, or of a document that does not run."""

from __future__ import annotations

from pathlib import Path

from fsmv2.errors import NotRunningError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import chosen_tree
from fsmv2.operate.tree_graph import GraphNode


def graph_nodes(
    path: str, document: Path | None, state_dir: Path | None, *, tool: str
) -> list[GraphNode]:
    """Those at `path` and below, or all, parents before children.

    Of a document that is named and does not run, those that it declares. NotRunningError: nothing
    is named, and not just one tree runs; ApiUnavailableError, UnknownPathError, DocumentError.
    """
    try:
        tree = RemoteTree(chosen_tree(document, state_dir), tool=tool)
    except NotRunningError:
        if document is None or state_dir is not None:
            raise
        from fsmv2.operate.document_expansion import expand  # reads a document, which takes a while

        expansion = expand(document)
        workers = expansion.below(path) if path else expansion.workers
        return [GraphNode(worker.path, worker.type) for worker in workers]
    return tree.get("/v1/workers", {"path": path}, list[GraphNode])
