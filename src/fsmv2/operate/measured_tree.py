"""What is measured of a tree that runs: where the counters are that a scrape reads."""

from __future__ import annotations

import msgspec

from fsmv2.core import Core
from fsmv2.operate.prepared_tree import PreparedTree


class DocumentState(msgspec.Struct, frozen=True):
    """Which generation of the document runs, and whether the file says something else by now."""

    generation: int
    pinned: bool
    differs: bool


class MeasuredTree:
    """Read from any thread; nothing of it holds up the tree."""

    def __init__(self, core: Core, prepared: PreparedTree) -> None:
        self.core = core
        self._prepared = prepared

    def document(self) -> DocumentState:
        """Of its document. Blocks for a look at the file."""
        prepared = self._prepared
        number = 0 if prepared.generation is None else prepared.generation.number
        pinned = prepared.head is not None and prepared.head.pinned
        return DocumentState(number, pinned, bool(prepared.document_change()))
