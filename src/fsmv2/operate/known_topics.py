"""The topics and values of a tree that runs in another process, with the lines they come from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import chosen_tree
from fsmv2.operate.topic_data import TagValue, Topic


class _Overview(msgspec.Struct, frozen=True):
    document: str
    document_change: str = ""


class KnownTopics:
    """Those of one running tree. NotRunningError, ApiUnavailableError, UnknownPathError."""

    def __init__(self, document: Path | None, state_dir: Path | None, *, tool: str) -> None:
        """Of the tree that is meant; see `running_trees`."""
        self._tree = RemoteTree(chosen_tree(document, state_dir), tool=tool)

    def topics(self, pattern: str = "") -> list[Topic]:
        """What is published where, with the line of each tag in what runs."""
        found = self._tree.get("/v1/topics", {"match": pattern}, list[Topic])
        about = self._tree.get("/v1", {}, _Overview)
        # They read a document, which values need not.
        from fsmv2.operate.topic_lines import lines_of_file, lines_of_generation

        if about.document_change:
            return lines_of_generation(found, self._tree.directory)
        return lines_of_file(found, Path(about.document))

    def values(self, pattern: str = "") -> list[TagValue]:
        """What was read last."""
        return self._tree.get("/v1/values", {"match": pattern}, list[TagValue])
