"""Follows expressions of the linted code, without running it, and tells the rules what it finds.

A value is known by where it came from and by what it is; what cannot be told is taken to be
harmless. Names are looked up by `fsmv2.lint.name_lookup`, statements are followed by
`fsmv2.lint.visitor`, calls by `fsmv2.lint.calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from fsmv2.lint.abstract_values import Class, Function, Scope, Value, element, merge
from fsmv2.lint.known_names import MUTATING
from fsmv2.lint.name_lookup import Lookup

OPERATORS: dict[type, str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.Mod: "__mod__",
    ast.BitOr: "__or__",
    ast.BitAnd: "__and__",
    ast.Not: "__bool__",
}
"""The special methods of those operators that people define."""


class Evaluator(Lookup):
    """Expressions. Subclassed by the visitor, which adds calls and statements."""

    # ---- attributes --------------------------------------------------------------------------

    def attribute(self, base: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        """What `base.name` is."""
        self.told.attribute(base, name, node, scope)
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
            self.told.looked_at(whole, node, scope)
            if name == "__dict__":
                self.told.looked_into(base.name, node, scope)
            return Value(name=whole, origin=base.origin, what=base.what, handed=base.handed)
        if name in MUTATING and base.origin != "local":
            return Value(changes=base)
        if base.inner is not None:
            return base.inner
        return Value(origin=base.origin, what=base.what, handed=base.handed)

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
                value = self.ev_silently(stmt.value, cls.scope)
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
            value = self.ev_silently(node, scope)
            return Value(cls=value.made) if value.made is not None else Value()
        return Value()

    # ---- expressions -------------------------------------------------------------------------

    def ev(self, node: ast.expr, scope: Scope) -> Value:
        """What an expression is."""
        if isinstance(node, ast.Name):
            value = self.resolved(self.lookup(node.id, node, scope))
            if value.name:
                self.told.looked_at(value.name, node, scope)
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
            if base.cls is not None and base.cls.find("__getitem__") is not None:
                return self.special(base, "__getitem__", node, scope)
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
        operator = OPERATORS.get(type(getattr(node, "op", None)), "")
        if isinstance(node, ast.FormattedValue):
            operator = "__str__"
        result = Value()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                result = merge(result, self.special(self.ev(child, scope), operator, child, scope))
        return result if operator else Value()

    def special(self, value: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        """What a special method gives, if the linted code defines it for this value."""
        if name and value.cls is not None and value.cls.find(name) is not None:
            given = Value()
            method = self.attribute(value, name, node, scope)
            return self.apply(method, [given], {}, node, scope) if method.func else given
        return Value()

    def iterated(self, value: Value, node: ast.AST, scope: Scope) -> Value:
        """What iterating over a value gives."""
        made = self.special(value, "__iter__", node, scope)
        return element(made) if made.known else element(value)

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
            self.bind(
                part.target, self.iterated(self.ev(part.iter, inside), part.iter, inside), inside
            )
            for test in part.ifs:
                self.ev(test, inside)
        if isinstance(node, ast.DictComp):
            self.ev(node.key, inside)
        inner = self.ev(node.value if isinstance(node, ast.DictComp) else node.elt, inside)
        return Value(inner=inner if inner.known else None)


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[str]:
    """The decorators of a function as they are written, without arguments."""
    for decorator in node.decorator_list:
        yield ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
