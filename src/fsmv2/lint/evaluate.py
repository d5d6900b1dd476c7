"""Follows expressions through the linted code, without running it, and tells a judge what it meets.

A value is known by where it came from and by what it is; what cannot be told is taken to be
harmless. Statements are followed by `fsmv2.lint.walk`, calls by `fsmv2.lint.calls`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import replace

from fsmv2.lint.judge import Judge
from fsmv2.lint.modules import Library, Module
from fsmv2.lint.values import Class, Function, Scope, Value, element, merge

BUILTINS = frozenset(dir(builtins))


class Evaluator:
    """Expressions. Subclassed by the walker, which adds calls and statements."""

    def __init__(self, library: Library, judge: Judge) -> None:
        self.library = library
        self.judge = judge
        self.silent = 0

    # ---- names -------------------------------------------------------------------------------

    def lookup(self, name: str, node: ast.AST, scope: Scope) -> Value:
        """What a name means where it stands."""
        at: Scope | None = scope
        while at is not None and at.parent is not None:
            if name in at.names and name not in at.globals:
                return at.names[name]
            at = at.parent
        module = scope.module
        if name in module.bindings:
            value = self.of_module(module, name)
            if name in module.changed and not self.silent:
                self.judge.read_global(name, node, scope)
            return value
        if name in BUILTINS:
            return Value(name=name)
        return Value()

    def of_module(self, module: Module, name: str) -> Value:
        """The value of a global, evaluated once, in silence: importing is allowed to do things."""
        names = module.scope.names
        if name in names:
            return names[name]
        if name in module.pending:
            return Value()
        module.pending.add(name)
        self.silent += 1
        try:
            found: Value | None = None
            for node in module.bindings.get(name, ()):
                found = merge(self._bound(node, name, module), found)
        finally:
            self.silent -= 1
            module.pending.discard(name)
        value = found or Value()
        code = value.func or value.made or value.module
        if code is None and value.origin == "local":
            value = replace(value, origin="global", what=f"the global {name}")
        names[name] = value
        return value

    def _bound(self, node: ast.stmt, name: str, module: Module) -> Value:
        scope = module.scope
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self.resolved(self.library.imported(module, node).get(name, Value()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.decorated(node, Function(node, scope), scope)
        if isinstance(node, ast.ClassDef):
            return self.define_class(node, scope)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = self.ev(node.value, scope)
            plain = any(isinstance(t, ast.Name) and t.id == name for t in targets)
            return value if plain else element(value)
        return Value()

    def resolved(self, value: Value) -> Value:
        """A name imported from a module of our own, followed to what it is there."""
        if value.module is not None and value.text is not None:
            return self.of_module(value.module, value.text)
        return value

    def define_class(self, node: ast.ClassDef, scope: Scope) -> Value:
        """A class statement."""
        bases: list[Value] = []
        types: list[Value] = []
        for written in node.bases:
            base = written
            if isinstance(base, ast.Subscript):
                inner = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
                types = [self.ev(part, scope) for part in inner]
                base = base.value
            bases.append(self.ev(base, scope))
        return Value(made=Class(node, scope, bases, types))

    def decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, function: Function, scope: Scope
    ) -> Value:
        """A function as its decorators leave it."""
        value = Value(func=function)
        for decorator in reversed(node.decorator_list):
            made = self.ev(decorator, scope)
            if made.func is not None:
                given = self.apply(made, [value], {}, decorator, scope)
                value = given if given.func is not None or given.cls is not None else value
        return value

    # ---- attributes --------------------------------------------------------------------------

    def attribute(self, base: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        """What `base.name` is."""
        if not self.silent:
            self.judge.attribute(base, name, node, scope)
        if base.module is not None and base.text is None:
            if name in base.module.bindings:
                return self.of_module(base.module, name)
            return self.library.module_value(f"{base.module.name}.{name}")
        if name in base.attrs:
            return base.attrs[name].within(base)
        cls = base.cls or base.made
        if cls is not None:
            found = cls.find(name, above=base.above)
            if found is not None:
                return self.member(found[0], found[1], name, base, node, scope)
        if base.name and base.cls is None:
            whole = f"{base.name}.{name}"
            if not self.silent:
                self.judge.looked_at(whole, node, scope)
            return Value(name=whole, origin=base.origin, what=base.what)
        if base.inner is not None:
            return base.inner
        return Value(origin=base.origin, what=base.what)

    def member(
        self, cls: Class, stmt: ast.stmt, name: str, base: Value, node: ast.AST, scope: Scope
    ) -> Value:
        """What a class says `name` is, seen from an instance or from the class."""
        if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef):
            value = self.decorated(stmt, Function(stmt, cls.scope, cls), cls.scope)
            marks = set(decorators(stmt))
            receiver = Value(made=base.cls or cls) if "classmethod" in marks else base
            if receiver is not base:
                receiver = receiver.within(Value(origin="global", what=f"the class {cls.name}"))
            if "staticmethod" not in marks and (base.made is None or "classmethod" in marks):
                value = replace(value, first=(replace(receiver, above=False),))
            if marks & {"property", "cached_property", "functools.cached_property"}:
                return self.apply(value, [], {}, node, scope)
            return value
        if isinstance(stmt, ast.ClassDef):
            return self.define_class(stmt, cls.scope)
        if isinstance(stmt, ast.Assign | ast.AnnAssign):
            if stmt.value is not None:
                self.silent += 1
                value = self.ev(stmt.value, cls.scope)
                self.silent -= 1
                plain = isinstance(stmt.value, ast.Lambda | ast.Name) and not value.first
                if plain and value.func is not None and base.cls is not None:
                    value = replace(value, first=(base,))
                if value.name and value.inner is None:
                    return value
                if base.origin == "local" and (isinstance(stmt, ast.Assign) or base.cls is None):
                    return value.within(Value(origin="global", what=f"{cls.name}.{name}"))
                return value.within(base)
            annotated = isinstance(stmt, ast.AnnAssign)
            held = self.annotation(stmt.annotation, cls.scope) if annotated else Value()
            return replace(held, origin=base.origin, what=base.what)
        return Value(origin=base.origin, what=base.what)

    def annotation(self, node: ast.expr | None, scope: Scope) -> Value:
        """An instance of the class that an annotation names; nothing known for other types."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return Value()
        if isinstance(node, ast.BinOp):
            return merge(self.annotation(node.left, scope), self.annotation(node.right, scope))
        if isinstance(node, ast.Name | ast.Attribute):
            self.silent += 1
            value = self.ev(node, scope)
            self.silent -= 1
            return Value(cls=value.made) if value.made is not None else Value()
        return Value()

    # ---- expressions -------------------------------------------------------------------------

    def ev(self, node: ast.expr, scope: Scope) -> Value:
        """What an expression is."""
        if isinstance(node, ast.Name):
            value = self.resolved(self.lookup(node.id, node, scope))
            if value.name and not self.silent:
                self.judge.looked_at(value.name, node, scope)
            return value
        if isinstance(node, ast.Attribute):
            return self.attribute(self.ev(node.value, scope), node.attr, node, scope)
        if isinstance(node, ast.Call):
            return self.call(node, scope)
        if isinstance(node, ast.Constant):
            return Value(text=node.value if isinstance(node.value, str) else None)
        if isinstance(node, ast.Subscript):
            base = self.ev(node.value, scope)
            self.ev(node.slice, scope)
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if isinstance(key, str) and f"[{key}]" in base.attrs:
                return base.attrs[f"[{key}]"].within(base)
            whole = isinstance(node.slice, ast.Slice)
            return Value(inner=element(base)) if whole else element(base)
        if isinstance(node, ast.Lambda):
            return Value(func=Function(node, scope))
        if isinstance(node, ast.NamedExpr):
            value = self.ev(node.value, scope)
            self.bind(node.target, value, scope)
            return value
        if isinstance(node, ast.IfExp):
            self.ev(node.test, scope)
            return merge(self.ev(node.body, scope), self.ev(node.orelse, scope))
        if isinstance(node, ast.BoolOp):
            result = Value()
            for part in node.values:
                result = merge(result, self.ev(part, scope))
            return result
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            inner = Value()
            for part in node.elts:
                inner = merge(inner, self.ev(part, scope))
            return Value(inner=inner if inner.known else None)
        if isinstance(node, ast.Dict):
            return self._dict(node, scope)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node, scope)
        if isinstance(node, ast.Starred | ast.Await):
            return self.ev(node.value, scope)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.ev(child, scope)
        return Value()

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        inner, attrs = Value(), {}
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.ev(part, scope)
            if key is None:
                value = element(value)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                attrs[f"[{key.value}]"] = value
            else:
                self.ev(key, scope)
            inner = merge(inner, value)
        return Value(inner=inner if inner.known else None, attrs=attrs)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Value:
        inside = Scope(scope.module, scope)
        for part in node.generators:
            self.bind(part.target, element(self.ev(part.iter, inside)), inside)
            for test in part.ifs:
                self.ev(test, inside)
        if isinstance(node, ast.DictComp):
            self.ev(node.key, inside)
        inner = self.ev(node.value if isinstance(node, ast.DictComp) else node.elt, inside)
        return Value(inner=inner if inner.known else None)

    # ---- said by the subclasses --------------------------------------------------------------

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give a target a value."""
        raise NotImplementedError  # in walk.py

    def call(self, node: ast.Call, scope: Scope) -> Value:
        """A call as it is written."""
        raise NotImplementedError  # in calls.py

    def apply(
        self,
        callee: Value,
        args: list[Value],
        named: dict[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        """A value is called."""
        raise NotImplementedError  # in calls.py


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[str]:
    """The decorators of a function as they are written, without arguments."""
    for decorator in node.decorator_list:
        yield ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
