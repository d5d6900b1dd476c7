"""A small document that tests of nodes, places and diagnostics read."""

from __future__ import annotations

from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder import Node

TEXT = """\
agent:
  name: edge
bridges:
  - name: filler
    variables: {IP: 127.0.0.1, "PORT": 502}
  - name: 'capper'
    note: |
      two
      lines
"""


def sample_document() -> Document:
    """Two bridges, in block and in flow style."""
    return scan_yaml(TEXT, "plant.yaml").validated()


def node_at(document: Document, path: str) -> Node:
    """The node that has to stand at `path`."""
    node = document.node_of(path)
    assert node is not None
    return node
