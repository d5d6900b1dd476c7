"""A tree as YAML: type, state and rendered config of each worker."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from fsmv2.escaping import printable
from fsmv2.runtime import ExpandedWorker

# PyYAML built without libyaml lacks the fast one; the other writes the same.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


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
    text = _dumped(tree, as_it_is=True)
    if printable(text) != text:
        # Line separators would be read back as spaces, and marks of direction mislead who reads.
        text = _dumped(tree, as_it_is=False)
    return text


def _dumped(tree: dict[str, Any], *, as_it_is: bool) -> str:
    """The tree with its characters as they are, or with all but those of ASCII escaped."""
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": as_it_is, "width": 100}
    try:
        # Of a thousand bridges the one in Python took more than all else of `render`.
        text = str(yaml.dump(tree, Dumper=_Dumper, **options))
    except UnicodeEncodeError:  # half a pair of UTF-16, which only the one in Python writes
        return str(yaml.safe_dump(tree, **options))
    # libyaml escapes what is beyond U+FFFF, which people use in names.
    return str(yaml.safe_dump(tree, **options)) if as_it_is and "\\U000" in text else text


def describe(node: ExpandedWorker) -> dict[str, Any]:
    """One node as plain data; what is empty is left out."""
    shown: dict[str, Any] = {"type": node.type, "state": node.control}
    if node.problem:
        shown["problem"] = node.problem
    if node.config is not None:
        shown["config"] = msgspec.to_builtins(node.config, enc_hook=str)
    return shown
