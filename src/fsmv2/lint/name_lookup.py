"""Looks up what names mean in the linted code: of functions, of modules, of imports."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace

from fsmv2.lint.abstract_values import Class, Function, Module, Scope, Value, element, merge
from fsmv2.lint.rule_set import RuleSet
from fsmv2.lint.source_files import Library

BUILTINS = frozenset(dir(builtins))
_NOTHING = RuleSet()


class Lookup:
    """Names, and the functions and classes they stand for."""

    def __init__(self, library: Library, rules: RuleSet) -> None:
        self.library = library
        self.rules = rules
        self.silent = 0

    @property
    def told(self) -> RuleSet:
        """The rules that are notified of what is met; none while it is followed in silence."""
        return _NOTHING if self.silent else self.rules

    def ev_silently(self, node: ast.expr, scope: Scope) -> Value:
        """What an expression is, without a word to the rules."""
        self.silent += 1
        value = self.ev(node, scope)
        self.silent -= 1
        return value

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
            if name in module.changed:
                self.told.read_global(name, node, scope)
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

    # ---- said by the subclasses --------------------------------------------------------------

    def ev(self, node: ast.expr, scope: Scope) -> Value:
        """What an expression is."""
        raise NotImplementedError  # in evaluate.py

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give a target a value."""
        raise NotImplementedError  # in visitor.py

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
