"""A document that was read: its text, its tree, and diagnostics that show where they point."""

from __future__ import annotations

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.errors import DocumentError
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.node_paths import parse_path
from fsmv2.model.decoder.problem_order import in_order


class Document:
    """Its name, its lines, and its root, which is a mapping.

    `problems` is what is wrong with single places of it as YAML; `holes`: something is missing from
    the tree for that.
    """

    __slots__ = ("holes", "lines", "name", "problems", "root")

    def __init__(self, name: str, lines: list[str]) -> None:
        self.name = name
        self.lines = lines
        self.root: Node = Node("mapping", {}, document=self)
        self.problems: list[Diagnostic] = []
        self.holes = False

    def __repr__(self) -> str:
        return f"<Document {self.name}, {len(self.lines)} lines>"

    def validated(self) -> Document:
        """Itself; DocumentError holds what is wrong with it, if anything is."""
        if self.problems:
            raise DocumentError(in_order(self.problems))
        return self

    def line(self, number: int) -> str:
        """The line with this number, counted from 1; '' beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def node_of(self, path: str) -> Node | None:
        """The node at `bridges[0].variables.PORT`; None when the document has none there."""
        try:
            return self.root.get(*parse_path(path))
        except ValueError:
            return None

    def diagnostic(
        self,
        place: Node | Mark,
        code: str,
        message: str,
        *,
        fix: str = "",
        path: str = "",
        length: int = 1,
        warning: bool = False,
    ) -> Diagnostic:
        """A diagnostic at a node, or at a mark with a `path` and `length` of its own."""
        if isinstance(place, Node):
            return place.problem(code, message, fix=fix, warning=warning)
        at = Node("scalar", None, path=path, mark=place, length=length, document=self)
        return at.problem(code, message, fix=fix, warning=warning)
