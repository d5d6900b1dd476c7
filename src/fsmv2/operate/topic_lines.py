"""The lines of a document at which the tags of its topics are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.errors import DocumentError, StoreError, UnknownGenerationError
from fsmv2.model.decoder import Node
from fsmv2.operate.document_section import document_at, document_of, section_of
from fsmv2.operate.topic_data import Topic

T = TypeVar("T", bound=Topic)


def lines_of_file(topics: Sequence[T], document: Path) -> list[T]:
    """The same topics with their lines in a document that is what runs.

    One that cannot be read gives no lines.
    """
    try:
        return _with_lines(topics, document_at(document).root)
    except DocumentError:
        return list(topics)


def lines_of_generation(topics: Sequence[T], directory: Path) -> list[T]:
    """The same topics with their lines in the generation that runs, where the file is another by
    now; none where no generation is kept. `directory`: the state directory.
    """
    from fsmv2.operate.generations import generation  # seldom, and takes long to load

    try:
        runs = generation(directory)
        root = document_of(Path(runs.source), runs.files).root
    except (StoreError, UnknownGenerationError, DocumentError):
        return list(topics)
    found = _with_lines(topics, root)
    of = f" (generation {runs.number})"
    return [msgspec.structs.replace(one, line=one.line + of) if one.line else one for one in found]


def _with_lines(topics: Sequence[T], root: Node) -> list[T]:
    sections: dict[str, list[Node]] = {}
    found = []
    for one in topics:
        bridge = one.path.rpartition("/")[0]
        if bridge not in sections:
            section = section_of(root, bridge)
            sections[bridge] = [] if section is None else _tags(_read(root, section))
        tags = sections[bridge]
        mark = tags[one.number].mark if one.number < len(tags) and one.direction == "read" else None
        line = f"{Path(mark.file).name}:{mark.line}" if mark is not None else ""
        found.append(msgspec.structs.replace(one, line=line))
    return found


def _read(root: Node, bridge: Node) -> Node | None:
    """The `read:` of a bridge, its own or that of its template."""
    own, template = bridge.get("read"), bridge.get("template")
    if own is not None or template is None or template.kind != "scalar":
        return own
    return root.get("templates", str(template.value), "read")


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
