"""A document as a tree in which every key and every value knows its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from fsmv2.errors import Diagnostic, Mark

Kind = Literal["scalar", "mapping", "sequence"]


class Node:
    """One value. `value`: plain data of a scalar, else a dict or list of nodes.

    `text` is a scalar as it is written, `mark` where it begins (None for data without a file),
    `column_offset` how far its content lies behind that (1 inside quotes), `keys` where each key of
    a mapping stands. `path` is the place inside the document: `bridges[0].variables.PORT`.
    """

    __slots__ = (
        "column_offset",
        "document",
        "keys",
        "kind",
        "length",
        "mark",
        "path",
        "text",
        "value",
    )

    def __init__(
        self,
        kind: Kind,
        value: Any,
        *,
        path: str = "",
        mark: Mark | None = None,
        length: int = 1,
        text: str = "",
        column_offset: int = 0,
        keys: Mapping[str, tuple[Mark, int]] | None = None,
        document: Document | None = None,
    ) -> None:
        self.kind = kind
        self.value = value
        self.path = path
        self.mark = mark
        self.length = length
        self.text = text
        self.column_offset = column_offset
        self.keys = keys or {}
        self.document = document

    def __repr__(self) -> str:
        return f"<Node {self.path or '.'} {self.kind} {self.mark or ''}>"

    @classmethod
    def from_data(cls, data: Any, path: str = "") -> Node:
        """Nodes for plain data, without places: for values rendered while the tree runs."""
        if isinstance(data, Mapping):
            items = {str(k): cls.from_data(v, join(path, str(k))) for k, v in data.items()}
            return cls("mapping", items, path=path)
        if isinstance(data, list | tuple):
            return cls(
                "sequence",
                [cls.from_data(v, f"{path}[{i}]") for i, v in enumerate(data)],
                path=path,
            )
        return cls("scalar", data, path=path, text="" if data is None else str(data))

    def get(self, *steps: str | int) -> Node | None:
        """The node below, by keys and indices; None where there is none."""
        node: Node | None = self
        for step in steps:
            if node is None:
                return None
            if node.kind == "mapping":
                node = node.value.get(step)
            elif node.kind == "sequence" and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def to_data(self) -> Any:
        """The same as plain dicts, lists and scalars."""
        if self.kind == "mapping":
            return {key: child.to_data() for key, child in self.value.items()}
        if self.kind == "sequence":
            return [child.to_data() for child in self.value]
        return self.value

    def scalars(self) -> Iterator[Node]:
        """All scalars in and below this node, in order."""
        if self.kind == "scalar":
            yield self
        else:
            children = self.value.values() if self.kind == "mapping" else self.value
            for child in children:
                yield from child.scalars()

    def with_scalars(self, replace: Callable[[Node], Any]) -> Node:
        """A tree of the same shape and places, each scalar's value replaced.

        A value that is itself a mapping or list becomes a branch that bears the scalar's place.
        """
        if self.kind == "scalar":
            new = Node.from_data(replace(self), self.path)
            _place(new, self)
            return new
        items = self.value.items() if self.kind == "mapping" else enumerate(self.value)
        children = {key: child.with_scalars(replace) for key, child in items}
        return Node(
            self.kind,
            children if self.kind == "mapping" else list(children.values()),
            path=self.path,
            mark=self.mark,
            length=self.length,
            keys=self.keys,
            document=self.document,
        )

    def problem(
        self,
        code: str,
        message: str,
        *,
        fix: str = "",
        key: str | None = None,
        warning: bool = False,
    ) -> Diagnostic:
        """A diagnostic at this node, or at one of its keys."""
        mark, length = (
            self.keys.get(key, (self.mark, self.length)) if key else (self.mark, self.length)
        )
        path = join(self.path, key) if key else self.path
        source = self.document.line(mark.line) if self.document and mark else ""
        if mark and source:
            length = max(1, min(length, len(source) - mark.column + 1))
        return Diagnostic(
            code=code,
            message=message,
            mark=mark,
            path=path,
            fix=fix,
            source=source,
            length=length,
            warning=warning,
        )


class Document:
    """A document that was read: its name, its lines, and its root, which is a mapping."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self.name = name
        self.lines = lines
        self.root: Node = Node("mapping", {}, document=self)

    def line(self, number: int) -> str:
        """The line with this number, counted from 1; '' beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


def join(path: str, key: str) -> str:
    """The path of a key below `path`."""
    return f"{path}.{key}" if path else key


def _place(node: Node, origin: Node) -> None:
    node.mark, node.length, node.document = origin.mark, origin.length, origin.document
    node.column_offset = origin.column_offset
    if node.kind != "scalar":
        children = node.value.values() if node.kind == "mapping" else node.value
        for child in children:
            _place(child, origin)
