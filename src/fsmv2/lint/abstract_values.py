"""What the lint knows of a value without running anything: where it came from, and what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fsmv2.lint.known_names import MUTATING

Origin = Literal["local", "given", "self", "global"]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Module:
    """One parsed file. `name` is dotted, `package` the name that relative imports start from."""

    def __init__(self, path: Path, shown: str, source: str, name: str) -> None:
        self.path = path
        self.shown = shown
        self.lines = source.splitlines()
        self.tree = ast.parse(source, filename=str(path))
        self.name = name
        is_package = path.name == "__init__.py"
        self.package = name if is_package else name.rpartition(".")[0]
        self.scope = Scope(self, lasting=True)
        self.pending: set[str] = set()
        self.bindings: dict[str, list[ast.stmt]] = {}
        for node in _top(self.tree.body):
            for bound in _bound(node):
                self.bindings.setdefault(bound, []).append(node)
        self.changed = set(_changed(self.tree))

    def absolute(self, node: ast.ImportFrom) -> str:
        """The dotted name of the module that an import names."""
        if not node.level:
            return node.module or ""
        parts = self.package.split(".") if self.package else []
        parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
        return ".".join([*parts, *([node.module] if node.module else [])])


@dataclass(eq=False)
class Scope:
    """The names of a function, or of a module (without parent). `lasting`: outlives a call."""

    module: Module
    parent: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    lasting: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Class:
    """A class of the linted code; `bases` are evaluated, and may be classes or names."""

    node: ast.ClassDef
    scope: Scope
    bases: list[Value]
    types: list[Value] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name

    def lineage(self, seen: frozenset[int] = frozenset()) -> list[Class]:
        """The class and its bases, nearest first; those that are known."""
        if id(self.node) in seen:
            return []
        found = [self]
        for base in self.bases:
            if base.made is not None:
                found += base.made.lineage(seen | {id(self.node)})
        return found

    def external_bases(self) -> set[str]:
        """The dotted names of bases that are not part of the linted code."""
        return {base.name for cls in self.lineage() for base in cls.bases if base.name}

    def find(self, name: str, *, above: bool = False) -> tuple[Class, ast.stmt] | None:
        """Where the class, or (`above`) a base only, says what `name` is."""
        for cls in self.lineage()[1 if above else 0 :]:
            for node in reversed(cls.node.body):
                if name in bound_by(node):
                    return cls, node
        return None


@dataclass(eq=False)
class Function:
    """A function of the linted code, and what its free names mean."""

    node: FunctionNode
    scope: Scope
    owner: Class | None = None

    @property
    def name(self) -> str:
        """Its name; a lambda has none."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(eq=False)
class Value:
    """`name`: dotted, of something outside; `cls`: an instance of; `made`: the class itself;
    `inner`: what it contains or gives; `first`: arguments that are bound already;
    `changes`: what calling it changes in place; `handed`: part of what the worker was made with."""

    origin: Origin = "local"
    name: str = ""
    func: Function | None = None
    cls: Class | None = None
    made: Class | None = None
    module: Module | None = None
    inner: Value | None = None
    text: str | None = None
    what: str = ""
    first: tuple[Value, ...] = ()
    attrs: dict[str, Value] = field(default_factory=dict)
    above: bool = False
    changes: Value | None = None
    handed: bool = False

    @property
    def known(self) -> bool:
        """Whether anything is known of it that a finding may hang on."""
        return (
            self.handed
            or bool(
                (self.name or self.func or self.cls or self.made or self.module or self.inner)
                or self.changes
            )
            or (self.origin != "local")
        )

    def within(self, container: Value) -> Value:
        """The same, as reached through `container`: it belongs to whom that belongs."""
        if container.origin == "local" or self.origin != "local":
            return self
        return replace(self, origin=container.origin, what=container.what)


def merge(one: Value | None, other: Value | None) -> Value:
    """What is known when it is either of them: the one that findings hang on."""
    if one is None or other is None:
        return one or other or Value()
    if one.origin != "local" or not other.known:
        return one
    return other if other.origin != "local" or not one.known else one


def element(value: Value) -> Value:
    """What iterating over it, or looking into it, gives."""
    return value.inner if value.inner is not None else Value(origin=value.origin, what=value.what)


def signature(value: Value | None, depth: int = 3) -> tuple[object, ...]:
    """Equal for values that a function cannot tell apart."""
    if value is None or depth == 0:
        return ()
    return (
        value.origin,
        value.handed,
        value.name,
        value.func and (id(value.func.node), id(value.func.scope)),
        value.cls and id(value.cls.node),
        value.made and id(value.made.node),
        signature(value.inner, depth - 1),
        tuple(signature(v, depth - 1) for v in value.first),
        signature(value.changes, depth - 1),
        tuple((k, signature(v, depth - 1)) for k, v in sorted(value.attrs.items())),
    )


def bound_by(node: ast.stmt) -> set[str]:
    """The names a statement of a class or module binds itself."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        names = [n for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        return {n.id for n in names if isinstance(n.ctx, ast.Store)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for part in ("body", "orelse", "finalbody"):
                yield from _top(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _top(handler.body)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            named = alias.asname or alias.name
            yield named if isinstance(node, ast.ImportFrom) else named.split(".")[0]
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.Expr):
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id


def _changed(tree: ast.Module) -> Iterator[str]:
    """Globals that functions of the module rebind or change in place."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        own: set[str] = set()
        shared: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield from node.names
                shared.update(node.names)
            elif isinstance(node, ast.arg):
                own.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
        for node in ast.walk(function):
            target: ast.expr | None = None
            if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                target = node.value
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in MUTATING
            ):
                target = node.func.value
            if isinstance(target, ast.Name) and target.id not in own - shared:
                yield target.id
