"""Checks a template's syntax tree, and rewrites it so that all it does is counted and bounded.

Only node types listed here pass: what Jinja may gain tomorrow is refused until someone thinks
about it. Reads become lookups in data (`_root`, `_pick`), loops, literals, `~` and outputs go
through filters that hold the limits. Called by template_jinja.py, once per template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from jinja2 import nodes

from fsmv2.errors import TemplateError
from fsmv2.model.template.filters import FILTERS, TESTS
from fsmv2.model.template.lexer import SCOPE
from fsmv2.model.template.limits import MAX_DEPTH, MAX_NODES, RAW_FIX, check_number, too_much
from fsmv2.model.template.nested_braces import has_marker, leftover
from fsmv2.model.template.scope import Key, Path
from fsmv2.name_suggestions import suggest

_STATEMENTS = ("Template", "Output", "TemplateData", "If", "For", "Assign", "With")
_READS = ("Const", "Name", "Getattr", "Getitem", "Slice")
_VALUES = ("List", "Tuple", "Dict", "Pair", "Keyword", "Filter", "Test", "Call", "CondExpr")
_OPERATORS = ("Compare", "Operand", "And", "Or", "Not", "Concat")
_ARITHMETIC = ("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Neg", "Pos")
_ALLOWED = frozenset((*_STATEMENTS, *_READS, *_VALUES, *_OPERATORS, *_ARITHMETIC))
_TAGS = {
    "FromImport": "from",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "AssignBlock": "set … endset",
    "Pow": "**",
    "NSRef": "namespace",
}
_NEVER_A_TARGET = frozenset(("loop", "self", "super", "caller", SCOPE))


class Rewriter:
    """Rewrites one tree. `raw` are the offsets of text out of raw blocks, `dotted` of `.NAME`s.

    Afterwards `references` holds the paths in the scope that the template may read.
    Raises TemplateError with the offset in `line`, which the caller turns into line and column.
    """

    def __init__(self, tree: nodes.Template, raw: set[int], dotted: set[int]) -> None:
        self.raw = raw
        self.dotted = dotted
        self.references: set[Path] = set()
        self.locals: set[str] = set()
        self.count = 0
        self._check(tree, 0)

    def _check(self, node: nodes.Node, depth: int) -> None:
        self.count += 1
        kind = type(node).__name__
        if kind not in _ALLOWED:
            word = _TAGS.get(kind, kind.lower())
            raise TemplateError(
                f"'{word}' cannot be used in a template.",
                line=node.lineno,
                fix="A template is made of variables, filters, {% if %} and {% for %}.",
            )
        if self.count > MAX_NODES:
            raise too_much("The template", MAX_NODES, "elements")
        if depth > MAX_DEPTH:
            raise too_much("The nesting of the template", MAX_DEPTH, "levels")
        if isinstance(node, nodes.Name) and node.ctx != "load":
            if node.name in _NEVER_A_TARGET:
                raise TemplateError(f"'{node.name}' cannot be set.", line=node.lineno)
            if node.lineno in self.dotted:
                raise TemplateError(
                    f"'.{node.name}' cannot be set: a name with a dot is a variable's.",
                    line=node.lineno,
                    fix=f"Leave the dot out, here and where it is read: {node.name}.",
                )
            self.locals.add(node.name)
        if isinstance(node, nodes.For):
            if node.recursive:
                raise TemplateError("A loop cannot be recursive.", line=node.lineno)
            self.locals.add("loop")
        for child in node.iter_child_nodes():
            self._check(child, depth + 1)

    def statement(self, node: nodes.Node) -> nodes.Node:
        """The statement, rewritten in place."""
        if isinstance(node, nodes.Output):
            node.nodes = [self._output(child) for child in node.nodes]
        elif isinstance(node, nodes.For):
            body: list[nodes.Node] = [*node.body, *node.else_, *([node.test] if node.test else [])]
            cost = _ROUND + sum(_steps(child) for child in body)
            node.iter = _filter("_iterate", self.expression(node.iter), [cost])
            node.test = self.expression(node.test) if node.test else None
            self._statements(node.body)
            self._statements(node.else_)
        elif isinstance(node, nodes.If):
            node.test = self.expression(node.test)
            self._statements(node.body)
            self._statements(node.elif_)
            self._statements(node.else_)
        elif isinstance(node, nodes.Assign):
            node.node = self.expression(node.node)
        elif isinstance(node, nodes.With):
            node.values = [self.expression(value) for value in node.values]
            self._statements(node.body)
        elif isinstance(node, nodes.Template):
            self._statements(node.body)
        return node

    def _statements(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            self.statement(node)

    def _output(self, node: nodes.Expr) -> nodes.Expr:
        if not isinstance(node, nodes.TemplateData):
            return _filter("_text", self.expression(node))
        if node.lineno in self.raw:
            return node
        if "}}" in node.data:
            error = leftover("}}")
            error.line = node.lineno + node.data.index("}}")
            raise error
        if node.data.endswith(("{", "}")) or node.data.startswith("}"):
            return _filter("_own_text", nodes.Const(node.data))
        return node

    def expression(self, node: nodes.Node) -> nodes.Expr:
        """The expression that stands for `node`."""
        if isinstance(node, nodes.Const):
            return _constant(node)
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            return self._read(node)
        if isinstance(node, nodes.Call):
            return self._call(node)
        if isinstance(node, nodes.Filter | nodes.Test):
            _check_name(node)
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            node.expr2 = nodes.Const("")
        self._children(node)
        if isinstance(node, nodes.Compare):
            names = nodes.List([nodes.Const(operand.op) for operand in node.ops])
            others = nodes.List([operand.expr for operand in node.ops])
            return _filter("_compare", node.expr, [names, others])
        if isinstance(node, nodes.Concat):
            return _filter("_concat", nodes.List(node.nodes))
        if isinstance(node, nodes.List | nodes.Tuple | nodes.Dict):
            return _filter("_literal", node)
        return cast("nodes.Expr", node)  # Jinja types some fields that hold expressions as nodes

    def _children(self, node: nodes.Node) -> None:
        for field, value in list(node.iter_fields()):
            if isinstance(value, list):
                setattr(node, field, [self._child(item) for item in value])
            else:
                setattr(node, field, self._child(value))

    def _child(self, value: Any) -> Any:
        if isinstance(value, nodes.Expr):
            return self.expression(value)
        if isinstance(value, nodes.Node):  # Pair, Keyword, Operand: holders of expressions
            self._children(value)
        return value

    def _read(self, node: nodes.Expr) -> nodes.Expr:
        keys: list[Key] = []
        root: nodes.Expr = node
        while True:
            if isinstance(root, nodes.Getattr):
                keys.append(root.attr)
            elif isinstance(root, nodes.Getitem) and _is_key(root.arg):
                keys.append(root.arg.value)  # type: ignore[attr-defined]  # a Const, by _is_key
            else:
                break
            root = root.node
        path = tuple(reversed(keys))
        if isinstance(root, nodes.Name):
            return self._read_name(root, path)
        if isinstance(root, nodes.Getitem):
            root.node = self.expression(root.node)
            if isinstance(root.arg, nodes.Slice):
                self._children(root.arg)
                parts = (root.arg.start, root.arg.stop, root.arg.step)
                taken = _filter("_slice", root.node, parts)
                return _pick(taken, path, "", root.lineno) if path else taken
            # A key that is computed, and the rest of the path.
            computed = nodes.List([self.expression(root.arg), *map(nodes.Const, path)])
            return _filter("_pick", root.node, [computed, root.lineno, ""])
        return _pick(self.expression(root), path, "", root.lineno)

    def _read_name(self, name: nodes.Name, path: Path) -> nodes.Expr:
        if name.name == SCOPE:
            full = path
        elif name.name in self.locals:
            # Where no local of that name is set yet, the scope's own is read.
            self.references.add((name.name,))
            return _pick(name, path, name.name, name.lineno)
        else:
            full = (name.name, *path)
        self.references.add(full)
        return _filter("_root", nodes.Const(None), [full, name.lineno])

    def _call(self, node: nodes.Call) -> nodes.Expr:
        function = node.node
        if (
            not isinstance(function, nodes.Name)
            or function.name != "range"
            or node.kwargs
            or node.dyn_args
            or node.dyn_kwargs
        ):
            raise TemplateError(
                "Nothing can be called in a template, apart from range().",
                line=node.lineno,
                fix="Write a filter, such as {{ .NAME | upper }}. " + suggest("", FILTERS),
            )
        arguments = [self.expression(argument) for argument in node.args]
        return _filter("_range", nodes.List(arguments))


def _constant(node: nodes.Const) -> nodes.Expr:
    value = node.value
    if isinstance(value, str):
        if has_marker(value):
            raise TemplateError(
                "A text inside an expression has '{{', '}}' or '{%' in it; "
                "it would not be rendered.",
                line=node.lineno,
                fix=RAW_FIX,
            )
        return _filter("_own", node) if _BRACES.search(value) else node
    check_number(value)
    return node


def _check_name(node: nodes.Filter | nodes.Test) -> None:
    kind, known = ("filter", FILTERS) if isinstance(node, nodes.Filter) else ("test", TESTS)
    if node.dyn_args or node.dyn_kwargs:
        raise TemplateError("'*' and '**' cannot be used in a template.", line=node.lineno)
    if node.name not in known:
        raise TemplateError(
            f"There is no {kind} '{node.name}'.", line=node.lineno, fix=suggest(node.name, known)
        )


def _is_key(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and type(node.value) in (str, int)


def _pick(base: nodes.Expr, path: Path, name: str, offset: int) -> nodes.Expr:
    return _filter("_pick", base, [path, offset, name])


def _filter(name: str, node: nodes.Expr, args: Iterable[Any] = ()) -> nodes.Filter:
    # What is made here has no place of its own: a filter that needs one for errors is given it.
    given = [arg if isinstance(arg, nodes.Expr) else nodes.Const(arg) for arg in args]
    return nodes.Filter(node, name, given, [], None, None)


_BRACES = re.compile(r"[{}]")
_ROUND = 4  # steps that one round of an empty loop takes
_STEPS = {
    **dict.fromkeys(("Const", "Keyword", "Pair", "And", "Or", "Not"), 1),
    **dict.fromkeys(("TemplateData", "Assign", "If", "Template", "CondExpr"), 1),
    **dict.fromkeys(("Filter", "Test", "Call"), 14),
    **dict.fromkeys(("List", "Tuple", "Dict", "Compare", "Slice"), 6),
    "For": 20,
    "Concat": 4,
}
"""What one node takes, in steps of 0.25 µs; measured by `bench/template_work.py`."""


def _steps(node: nodes.Node) -> int:
    own = _STEPS.get(type(node).__name__, 3)
    return own + sum(_steps(child) for child in node.iter_child_nodes())
