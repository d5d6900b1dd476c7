"""The lines of a document at which the tags of its topics are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.errors import DocumentError
from fsmv2.model.decoder import Node
from fsmv2.operate.topic_data import Topic
from fsmv2.operate.variable_origin import section_of
from fsmv2.plant import load_document

T = TypeVar("T", bound=Topic)


def with_lines(topics: Sequence[T], document: Path) -> list[T]:
    """The same topics with their lines, as far as the document has them as it runs.

    To be asked of a document that is what runs. One that cannot be read gives no lines.
    """
    try:
        root = load_document(document).root
    except DocumentError:
        return list(topics)
    sections: dict[str, list[Node]] = {}
    found = []
    for one in topics:
        bridge = one.path.rpartition("/")[0]
        if bridge not in sections:
            section = section_of(root, bridge)
            sections[bridge] = [] if section is None else _tags(section.get("read"))
        tags = sections[bridge]
        mark = tags[one.number].mark if one.number < len(tags) and one.direction == "read" else None
        line = f"{Path(mark.file).name}:{mark.line}" if mark is not None else ""
        found.append(msgspec.structs.replace(one, line=line))
    return found


def _tags(read: Node | None) -> list[Node]:
    """The tags of a section, in order: the entries of the only list of things with a name."""
    if read is None or read.kind == "scalar":
        return []
    if read.kind == "sequence":
        entries = read.children()
        named = [one for one in entries if one.kind == "mapping" and one.get("name") is not None]
        return entries if entries and len(named) == len(entries) else []
    for child in read.children():
        if found := _tags(child):
            return found
    return []
