"""From YAML text to nodes: libyaml's events, our own meaning of them, and limits.

Built from events and not by a loader, because a loader recurses, resolves by YAML 1.1, lets a later
key silently replace an earlier one, and expands aliases without a bound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fsmv2.errors import Diagnostic, DocumentError, Mark
from fsmv2.spec.document.node import Document, Node, join
from fsmv2.spec.document.scalars import AmbiguousError, resolve
from fsmv2.spec.document.source import decode_text, read_file, refused

DEEPEST = 64
"""Levels of nesting; the documents of a plant have about ten."""
MOST_NODES = 500_000
"""Values after aliases are expanded; a thousand bridges have about ten thousand."""
MERGE = "<<"

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def load_yaml(path: Path) -> Document:
    """Read and parse a file; DocumentError holds everything that is wrong with it as YAML."""
    return parse_yaml(read_file(path), str(path))


def parse_yaml(source: bytes | str, name: str) -> Document:
    """Parse a text; `name` stands in messages where the file's would."""
    text = decode_text(source.encode() if isinstance(source, str) else source, name)
    document = Document(name, text.splitlines())
    try:
        tree = _Tree(document).read(text)
    except yaml.YAMLError as error:
        raise DocumentError([_plain(error, document)]) from None
    except RecursionError:
        raise refused(name, "FSM0106", f"it nests deeper than {DEEPEST} levels.") from None
    if tree is None or (tree.event.__class__ is yaml.ScalarEvent and not tree.event.value):
        fix = "Write at least an `agent:` section."
        raise refused(name, "FSM0105", "the document is empty.", fix=fix)
    expansion = _Expansion(document)
    root = expansion.node(tree, "", 0)
    if root.kind != "mapping":
        expansion.problems.append(
            root.problem("FSM0107", f"the document is a {root.kind}, expected keys and values.")
        )
    if expansion.problems:
        distinct = {(d.mark, d.code, d.message): d for d in expansion.problems}
        raise DocumentError(sorted(distinct.values(), key=lambda d: d.mark or Mark("", 0, 0)))
    document.root = root
    return document


class _Raw:
    """An event and what it holds, aliases still shared."""

    __slots__ = ("children", "event", "size")

    def __init__(self, event: Any) -> None:
        self.event = event
        self.children: list[_Raw] = []
        self.size = 1  # values in it once aliases are expanded; known when it is closed


class _Tree:
    """Reads the events of one document into `_Raw`s, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, text: str) -> _Raw | None:
        root: _Raw | None = None
        open_: list[_Raw] = []
        anchors: dict[str, _Raw] = {}
        documents = 0
        event: Any
        for event in yaml.parse(text, Loader=_Loader):
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._refuse(
                        event,
                        "FSM0105",
                        "a second document begins here.",
                        "Keep one document in a file; remove the line `---`.",
                    )
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                self._close(open_.pop())
            elif kind is yaml.AliasEvent:
                if event.anchor not in anchors:
                    self._refuse(event, "FSM0108", f"there is no anchor &{event.anchor} above.", "")
                if anchors[event.anchor] in open_:
                    self._refuse(event, "FSM0108", f"*{event.anchor} would contain itself.", "")
                open_[-1].children.append(anchors[event.anchor])
            elif kind in (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent):
                raw = _Raw(event)
                if event.anchor:
                    anchors[event.anchor] = raw
                if open_:
                    open_[-1].children.append(raw)
                else:
                    root = raw
                if kind is not yaml.ScalarEvent:
                    open_.append(raw)
                    if len(open_) > DEEPEST:
                        self._refuse(
                            event, "FSM0106", f"it nests deeper than {DEEPEST} levels.", ""
                        )
        return root

    def _close(self, raw: _Raw) -> None:
        """Add up a branch; an alias bomb shows here, before anything is expanded."""
        raw.size += sum(child.size for child in raw.children)
        if raw.size > MOST_NODES:
            message = f"its aliases expand to more than {MOST_NODES:,} values."
            self._refuse(raw.event, "FSM0106", message, "")

    def _refuse(self, event: Any, code: str, message: str, fix: str) -> None:
        mark = _mark(event.start_mark, self._document)
        source = self._document.line(mark.line)
        raise refused(self._document.name, code, message, fix=fix, mark=mark, source=source)


class _Expansion:
    """Turns `_Raw`s into nodes with paths; collects what is wrong."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Diagnostic] = []
        self._document = document

    def node(self, raw: _Raw, path: str, depth: int) -> Node:
        self._check_tag(raw, path)
        if type(raw.event) is yaml.ScalarEvent:
            return self._scalar(raw, path)
        if type(raw.event) is yaml.SequenceStartEvent:
            children = [
                self.node(child, f"{path}[{i}]", depth + 1) for i, child in enumerate(raw.children)
            ]
            return self._branch("sequence", children, raw, path)
        return self._mapping(raw, path, depth)

    def _branch(self, kind: Any, value: Any, raw: _Raw, path: str, keys: Any = None) -> Node:
        mark = _mark(raw.event.start_mark, self._document)
        return Node(kind, value, path=path, mark=mark, keys=keys, document=self._document)

    def _scalar(self, raw: _Raw, path: str) -> Node:
        event: Any = raw.event
        plain = event.style is None or event.style == ""
        length = max(1, event.end_mark.index - event.start_mark.index)
        node = Node(
            "scalar",
            event.value,
            path=path,
            mark=_mark(event.start_mark, self._document),
            length=length,
            text=event.value,
            column_offset=0 if plain else 1,
            document=self._document,
        )
        if plain and event.tag is None:
            try:
                node.value = resolve(event.value)
            except AmbiguousError as error:
                self.problems.append(
                    node.problem(
                        "FSM0112", f"'{event.value}' can be read in two ways.", fix=str(error)
                    )
                )
        return node

    def _mapping(self, raw: _Raw, path: str, depth: int) -> Node:
        pairs = list(zip(raw.children[::2], raw.children[1::2], strict=True))
        found: dict[str, Node] = {}
        keys: dict[str, tuple[Mark, int]] = {}
        merged: list[Node] = []
        for key_raw, value_raw in pairs:
            event: Any = key_raw.event
            mark = _mark(event.start_mark, self._document)
            if type(event) is not yaml.ScalarEvent:
                self._note(mark, path, "FSM0109", "a key must be a single word or text.")
                continue
            key = event.value
            length = max(1, event.end_mark.index - event.start_mark.index)
            if key == MERGE and event.style in (None, ""):
                merged.append(self.node(value_raw, path, depth + 1))
                continue
            if key in keys:
                first = keys[key][0]
                self._note(
                    mark,
                    join(path, key),
                    "FSM0110",
                    f"the key '{key}' is already there, in line {first.line}.",
                    fix="Remove one of the two; neither would win silently.",
                    length=length,
                )
                continue
            keys[key] = (mark, length)
            found[key] = self.node(value_raw, join(path, key), depth + 1)
        for node in merged:
            self._merge(node, found, keys)
        return self._branch("mapping", found, raw, path, keys)

    def _merge(self, node: Node, found: dict[str, Node], keys: dict[str, tuple[Mark, int]]) -> None:
        """Lay `<<: *anchor` below the keys that are written out."""
        sources = node.value if node.kind == "sequence" else [node]
        for source in sources:
            if source.kind != "mapping":
                self.problems.append(
                    source.problem("FSM0109", "`<<` takes a mapping, or a list of mappings.")
                )
                continue
            for key, child in source.value.items():
                if key not in found:
                    found[key] = child
                    keys[key] = source.keys[key]

    def _check_tag(self, raw: _Raw, path: str) -> None:
        tag = raw.event.tag
        if tag not in (None, "!", "tag:yaml.org,2002:str"):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            self._note(
                _mark(raw.event.start_mark, self._document),
                path,
                "FSM0111",
                f"the tag {short} is not allowed; a document is data only.",
                fix="Remove the tag; put text in quotes.",
                length=len(short),
            )

    def _note(
        self, mark: Mark, path: str, code: str, message: str, *, fix: str = "", length: int = 1
    ) -> None:
        node = Node("scalar", None, path=path, mark=mark, length=length, document=self._document)
        self.problems.append(node.problem(code, message, fix=fix))


def _mark(mark: Any, document: Document) -> Mark:
    return Mark(document.name, mark.line + 1, mark.column + 1)


def _plain(error: yaml.YAMLError, document: Document) -> Diagnostic:
    """libyaml's complaint in plain words, with the place."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    line = document.line(mark.line + 1) if mark else ""
    message, fix = f"this is not YAML: {problem}{f' ({context})' if context else ''}.", ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem or "tab" in problem:
        message = "this line is indented with a tab."
        fix = "Indent with spaces; YAML does not allow tabs there."
    elif "found unexpected end of stream" in problem and "quoted" in context:
        message, fix = "the quotes that open here are never closed.", "Add the closing quote."
        mark = getattr(error, "context_mark", None) or mark
    elif "expected ',' or" in problem:
        message = "the bracket that opens before this is never closed."
        fix = "Close it with ] or }, and put quotes around values that begin with { or [."
        mark = getattr(error, "context_mark", None) or mark
    elif "mapping values are not allowed" in problem:
        message = "a `:` stands where a value was expected."
        fix = "Check the indentation of this line and the one above, or put the value in quotes."
    elif "did not find expected key" in problem or "did not find expected '-'" in problem:
        message = "this line does not fit the lines above it."
        fix = "Check its indentation: keys of one mapping begin in one column."
    elif "found character that cannot start any token" in problem:
        message = "a value cannot begin with this character."
        fix = "Put the value in quotes."
    place = Mark(document.name, mark.line + 1, mark.column + 1) if mark else None
    node = Node("scalar", None, mark=place, document=document)
    return node.problem("FSM0105", message, fix=fix)
