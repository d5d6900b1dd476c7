"""A tree as YAML: type, state and rendered config of each worker."""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.cli.yaml_text import yaml_text
from fsmv2.runtime import ExpandedWorker


def as_yaml(nodes: tuple[ExpandedWorker, ...]) -> str:
    """The nodes, parents before children, as one nested YAML document."""
    tree: dict[str, Any] = {}
    places: dict[str, dict[str, Any]] = {}
    for node in nodes:
        parent, _, name = node.path.rpartition("/")
        above = places.get(parent)
        siblings = tree if above is None else above.setdefault("children", {})
        # The top of a subtree keeps its whole path, so that what is shown can be found again.
        places[node.path] = siblings[node.path if above is None else name] = describe(node)
    return yaml_text(tree)


def describe(node: ExpandedWorker) -> dict[str, Any]:
    """One node as plain data; what is empty is left out."""
    shown: dict[str, Any] = {"type": node.type, "state": node.control}
    if node.problem:
        shown["problem"] = node.problem
    if node.config is not None:
        shown["config"] = msgspec.to_builtins(node.config, enc_hook=str)
    return shown
