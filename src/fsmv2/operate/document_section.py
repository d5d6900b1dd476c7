"""The text of a document as nodes with places, and which part of it declares whom.

Apart from `fsmv2.plant`, which knows what all of it means: that takes a second to load, and whoever
asks at which line something stands wants to know no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fsmv2.document import Document, scan_contents, scan_file, scan_folder, scan_yaml
from fsmv2.model.decoder import Node

ALIASES = {"protocolConverter": "bridges"}
"""Other names of sections; those of `plant.sections.PlantSection`."""


def document_at(path: Path) -> Document:
    """The document at `path`, a file or a folder of them. DocumentError: it cannot be read."""
    scanned = scan_folder(path, aliases=ALIASES) if path.is_dir() else scan_file(path)
    return scanned.validated()


def document_of(source: Path, contents: Mapping[str, bytes]) -> Document:
    """The same of bytes by file name, '' for a document of one file, that were read at `source`."""
    if "" in contents:
        return scan_yaml(contents[""], str(source)).validated()
    return scan_contents(source, contents, aliases=ALIASES).validated()


def section_of(root: Node, path: str) -> Node | None:
    """The part of the document that declares the supervisor at `path`."""
    parts = path.split("/")
    if len(parts) == 1:
        return root.get("agent")
    if len(parts) > 2:
        return None
    wanted = parts[1].replace("%2F", "/").replace("%25", "%")  # as `core.state.paths` encodes it
    processes = root.get("processes")
    if processes is not None and processes.kind == "mapping":
        for name, process in processes.value.items():
            if str(name) == wanted and isinstance(process, Node):
                return process
    bridges = root.get("bridges") or root.get("protocolConverter")
    for bridge in bridges.children() if bridges is not None else ():
        name = bridge.get("name")
        if name is not None and str(name.value) == wanted:
            return bridge
    return None
