"""`render`: the tree a document gives, as YAML; nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fsmv2.cli.commands.run import default_state
from fsmv2.cli.console import complain, progress, put, show_diagnostics, styled
from fsmv2.cli.document_change import change_from_tree
from fsmv2.cli.exit_codes import FAILED, OK, USAGE
from fsmv2.errors import suggest
from fsmv2.escaping import printable
from fsmv2.runtime import ExpandedWorker, expand
from fsmv2.worker import WorkerFactory


def render_document(file: Path, path: str) -> int:
    """Print the plan of `file`, or of the subtree at `path`; returns the exit code."""
    from fsmv2.builtin import register_builtins
    from fsmv2.flow import AsyncioEngine
    from fsmv2.plant import load_plant

    plant = load_plant(file)
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())  # an engine begins nothing until a flow is started
    nodes = expand(plant.root, factory, settings=plant.settings)
    if path:
        known = [node.path for node in nodes]
        if path not in known:
            complain(f"there is no supervisor '{path}' in {file}", fix=suggest(path, known))
            return USAGE
        nodes = tuple(n for n in nodes if n.path == path or n.path.startswith(path + "/"))
    show_diagnostics(plant.diagnostics)
    if change := change_from_tree(file, default_state(file)):
        progress(styled("note: ", fg="yellow"), f"this is what the file says: {change}")
    put(as_yaml(nodes), end="")
    return FAILED if any(node.problem for node in nodes) else OK


def as_yaml(nodes: tuple[ExpandedWorker, ...]) -> str:
    """The nodes, parents before children, as one nested YAML document."""
    import yaml

    tree: dict[str, Any] = {}
    places: dict[str, dict[str, Any]] = {}
    for node in nodes:
        parent, _, name = node.path.rpartition("/")
        above = places.get(parent)
        siblings = tree if above is None else above.setdefault("children", {})
        # The top of a subtree keeps its whole path, so that what is shown can be found again.
        places[node.path] = siblings[node.path if above is None else name] = describe(node)
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)
    if printable(text) != text:
        # Line separators would be read back as spaces, and marks of direction mislead who reads.
        text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=False, width=100)
    return text


def describe(node: ExpandedWorker) -> dict[str, Any]:
    """One node as plain data; what is empty is left out."""
    shown: dict[str, Any] = {"type": node.type, "state": node.control}
    if node.problem:
        shown["problem"] = node.problem
    if node.config is not None:
        shown["config"] = msgspec.to_builtins(node.config, enc_hook=str)
    return shown
