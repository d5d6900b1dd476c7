"""A document as a tree in which every key and every value knows its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal, Protocol

from fsmv2.diagnostic import Diagnostic, Mark, Related
from fsmv2.model.decoder.node_paths import around, join
from fsmv2.model.decoder.template_fields import is_template

Kind = Literal["scalar", "mapping", "sequence", "unknown"]
Span = tuple[Mark, int]
"""Where something begins, and how many characters of that line it takes."""
Origin = Callable[[tuple[str, ...]], "Node | None"]
"""From the steps of a variable, ("global", "rate"), to the node that declares it."""

_ONE_VARIABLE = re.compile(r"\s*\{\{-?\s*\.?([A-Za-z_]\w*(?:\.\w+)*)\s*-?\}\}\s*\Z")


class SourceLines(Protocol):
    """What a node asks of its document: the text of a line, to show where it points."""

    def line(self, number: int) -> str:
        """The line with this number, counted from 1; '' beyond the end."""


class Node:
    """One value. `value`: plain data of a scalar, else a dict or list of nodes.

    Of kind `unknown` is what is known to be wrong (`with_unknown`): no type but Any takes it.

    `text` is a scalar as it is written, `mark` where it begins (None for data without a file),
    `column_offset` how far its content lies behind that (1 inside quotes), `keys` where each key of
    a mapping stands, `key` where this value's own key does. `path` is the place inside the
    document: `bridges[0].variables.PORT`. A value reached through an alias has the marks of its
    anchor and a path of its own.

    Of rendered values (`render`), `rendered` is True and `origin` is the node that declares
    the variable, when the template is nothing but that variable. `decoded` is what readers made of
    it, by reader, if it is kept (`keep_what_is_constant`).
    """

    __slots__ = (
        "column_offset",
        "decoded",
        "document",
        "key",
        "keys",
        "kind",
        "length",
        "mark",
        "origin",
        "path",
        "rendered",
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
        keys: Mapping[str, Span] | None = None,
        key: Span | None = None,
        document: SourceLines | None = None,
    ) -> None:
        self.kind = kind
        self.value = value
        self.path = path
        self.mark = mark
        self.length = length
        self.text = text
        self.column_offset = column_offset
        self.keys: Mapping[str, Span] = keys if keys is not None else {}
        self.key = key
        self.document = document
        self.origin: Node | None = None
        self.rendered = False
        self.decoded: dict[object, Any] | None = None

    def __repr__(self) -> str:
        return f"<Node {self.path or '.'} {self.kind} {self.mark or ''}>"

    @classmethod
    def from_data(cls, data: Any, path: str = "") -> Node:
        """Nodes for plain data, without places: for values rendered while the tree runs."""
        node = cls._of_data(data, path)
        node.rendered = True
        return node

    @classmethod
    def _of_data(cls, data: Any, path: str) -> Node:
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

    @classmethod
    def unplaced(cls, data: Any, path: str = "") -> Node:
        """Nodes for plain data of a program, which stands in no document."""
        if isinstance(data, Mapping) and all(type(key) is str for key in data):
            items = {key: cls.unplaced(value, join(path, key)) for key, value in data.items()}
            return cls("mapping", items, path=path)
        if isinstance(data, list | tuple):
            entries = [cls.unplaced(value, f"{path}[{i}]") for i, value in enumerate(data)]
            return cls("sequence", entries, path=path)
        return cls("scalar", data, path=path, text=_program_text(data))

    def get(self, *steps: str | int) -> Node | None:
        """The node below, by keys and indices; None where there is none.

        Keys are text, so `0` also finds the key `"0"`.
        """
        node: Node | None = self
        for step in steps:
            if node is None:
                return None
            if node.kind == "mapping":
                node = node.value.get(str(step))
            elif (
                node.kind == "sequence"
                and isinstance(step, int)
                and -len(node.value) <= step < len(node.value)
            ):
                node = node.value[step]
            else:
                return None
        return node

    def children(self) -> list[Node]:
        """The nodes directly below; none for a scalar."""
        if self.kind in ("scalar", "unknown"):
            return []
        return list(self.value.values()) if self.kind == "mapping" else list(self.value)

    def to_data(self) -> Any:
        """The same as plain dicts, lists and scalars."""
        if self.kind == "mapping":
            return {key: child.to_data() for key, child in self.value.items()}
        if self.kind == "sequence":
            return [child.to_data() for child in self.value]
        return self.value

    @property
    def in_brackets(self) -> bool:
        """Whether a mapping or list is written as `{…}` or `[…]`, not in lines of its own."""
        if self.kind == "scalar":
            return False
        if self.document is None or self.mark is None:
            return True
        return self.document.line(self.mark.line)[self.mark.column - 1 :][:1] in ("{", "[")

    def scalars(self) -> Iterator[Node]:
        """All scalars in and below this node, in order."""
        if self.kind == "scalar":
            yield self
        for child in self.children():
            yield from child.scalars()

    def render(self, replace: Callable[[Node], Any], origin: Origin | None = None) -> Node:
        """A tree of the same shape and places, with a value in the place of each scalar.

        A value that is itself a mapping or list becomes a container that bears the scalar's place.
        `origin` finds the node that declares a variable; a problem of a value that is nothing but
        one variable is then shown at its declaration, with the template as the second place:

            rendered = section.render(
                lambda node: render_template(node.value, scope),
                lambda steps: bridge.get("variables", *steps),
            )
            value, problems = decode(rendered, ConnectionSection)
        """
        if self.kind == "mapping":
            items = self.value.items()
            return self.of({key: child.render(replace, origin) for key, child in items})
        if self.kind == "sequence":
            return self.of([child.render(replace, origin) for child in self.value])
        value = replace(self)
        # A variable whose value is its own template was rendered all the same: that is a value.
        looks_unrendered = isinstance(value, str) and is_template(value)
        if type(value) is type(self.value) and value == self.value and not looks_unrendered:
            return self
        found = _ONE_VARIABLE.match(self.text)
        declared = origin(tuple(found[1].split("."))) if found and origin else None
        return self._placed(value, declared)

    def keep_what_is_constant(self) -> bool:
        """Have readers keep what they make of each part without a template; whether this is one."""
        parts = [child.keep_what_is_constant() for child in self.children()]
        constant = all(parts)
        if isinstance(self.value, str):
            constant = "{" not in self.value and "}}" not in self.value
        self.decoded = {} if constant else None
        return constant

    def filled(self, data: Any) -> Node:
        """These nodes rendered, which gave `data`; what is constant is the same node as before."""
        if self.decoded is not None:
            return self
        if self.kind == "mapping":
            return self.of({key: child.filled(data[key]) for key, child in self.value.items()})
        if self.kind == "sequence":
            return self.of([child.filled(data[i]) for i, child in enumerate(self.value)])
        return Node.from_data(data, self.path)

    def problem(
        self,
        code: str,
        message: str,
        *,
        fix: str = "",
        key: str | None = None,
        at_key: bool = False,
        warning: bool = False,
    ) -> Diagnostic:
        """A diagnostic at this node; at one of its keys; or, `at_key`, at the node's own key.

        Of a value rendered from one variable the place is the variable's declaration, and the
        template is the related place.
        """
        span = (self.mark, self.length) if self.mark is not None else None
        if key is not None:
            span = self.keys.get(key, span)
        elif at_key and self.key is not None:
            span = self.key
        path, document = join(self.path, key) if key is not None else self.path, self.document
        related: tuple[Related, ...] = ()
        if self.origin is not None and key is None and self.origin.mark is not None:
            if span is not None:
                source, length = _line(document, span)
                used = f"the value is used here, as {self.path}"
                related = (Related(message=used, mark=span[0], source=source, length=length),)
            span = (self.origin.mark, self.origin.length)
            path, document = self.origin.path, self.origin.document
        source, length = _line(document, span)
        return Diagnostic(
            code=code,
            message=message,
            mark=span[0] if span else None,
            path=path,
            fix=fix,
            source=source,
            length=length,
            warning=warning,
            related=related,
        )

    def of(self, value: Any) -> Node:
        """A mapping or list at the same place, of these nodes."""
        return Node(
            self.kind,
            value,
            path=self.path,
            mark=self.mark,
            length=self.length,
            keys=self.keys,
            key=self.key,
            document=self.document,
        )

    def with_unknown(self, paths: Collection[str]) -> Node:
        """A tree of the same places, in which what stands at `paths` is of kind `unknown`."""
        return self._with_unknown(paths, {path for one in paths for path in around(one)})

    def _with_unknown(self, paths: Collection[str], touched: Collection[str]) -> Node:
        if self.path in paths and self.path:
            found = self.of(None)
            found.kind = "unknown"
            return found
        if self.kind in ("scalar", "unknown") or (self.path not in touched and self.path):
            return self
        if self.kind == "sequence":
            return self.of([child._with_unknown(paths, touched) for child in self.value])
        return self.of({k: child._with_unknown(paths, touched) for k, child in self.value.items()})

    def without_unknown(self) -> Node | None:
        """A tree without what is `unknown`; None if this is."""
        if self.kind == "unknown":
            return None
        if self.kind == "scalar":
            return self
        if self.kind == "sequence":
            kept = (child.without_unknown() for child in self.value)
            return self.of([child for child in kept if child is not None])
        items = ((key, child.without_unknown()) for key, child in self.value.items())
        return self.of({key: child for key, child in items if child is not None})

    def _placed(self, data: Any, origin: Node | None) -> Node:
        """Nodes for `data`, all at this node's place."""
        node = Node.from_data(data, self.path)
        _place(node, self, origin)
        return node


def _place(node: Node, at: Node, origin: Node | None) -> None:
    node.mark, node.length, node.document, node.key = at.mark, at.length, at.document, at.key
    node.column_offset, node.rendered = at.column_offset, True
    node.origin = origin
    items = enumerate(node.value) if node.kind == "sequence" else ()
    for step, child in node.value.items() if node.kind == "mapping" else items:
        _place(child, at, (origin.get(step) or origin) if origin is not None else None)


def _program_text(data: Any) -> str:
    """A value as a program writes it; '' for what is no scalar, or has endless digits."""
    if isinstance(data, int) and data.bit_length() > 64:
        return ""
    return repr(data) if isinstance(data, str | int | float) else ""


def _line(document: SourceLines | None, span: Span | None) -> tuple[str, int]:
    """The line a span stands in, and how much of it the caret may underline."""
    if document is None or span is None:
        return "", span[1] if span else 1
    mark, length = span
    source = document.line(mark.line)
    return source, max(1, min(length, len(source) - mark.column + 1))
