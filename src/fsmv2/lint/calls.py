"""Follows calls: into functions of the linted code, and up to the border of what is outside."""

from __future__ import annotations

import ast
from dataclasses import replace

from fsmv2.lint.abstract_values import Function, Scope, Value, element, merge
from fsmv2.lint.expressions import Evaluator, decorators
from fsmv2.lint.known_names import MUTATING, MUTATORS, PATH_ONLY, stays_known, words
from fsmv2.lint.name_lookup import BUILTINS

_LOOKS = words("get items values keys pop setdefault popitem child dependency")
"""Methods that give what the container holds, not something new."""
_COPIES = words(
    "list tuple sorted set frozenset reversed iter enumerate zip dict copy.copy itertools.chain "
    "collections.deque itertools.chain.from_iterable filter"
)
_PASSES = words(
    "staticmethod classmethod property functools.lru_cache functools.cache functools.wraps "
    "functools.lru_cache() functools.wraps() functools.cached_property"
)
_ASKS_ONLY = words("isinstance issubclass callable hasattr len repr id super type")
_CONTAINERS = words("list dict set bytearray collections.deque")
_SPOKEN = {name: f"__{name}__" for name in words("str repr len bool iter next float int")}
_SPOKEN |= dict.fromkeys(words("list tuple sorted set"), "__iter__")
_DEFINED = words("state action check blocking")


class Calls(Evaluator):
    """Calls of functions, classes, instances and outside names."""

    def call(self, node: ast.Call, scope: Scope) -> Value:
        """A call as it is written: receiver, arguments, then what is called."""
        base: Value | None = None
        if isinstance(node.func, ast.Attribute):
            base = self.ev(node.func.value, scope)
            callee = self.attribute(base, node.func.attr, node.func, scope)
        else:
            callee = self.ev(node.func, scope)
        args = [self._argument(part, scope) for part in node.args]
        named = {part.arg or "**": self.ev(part.value, scope) for part in node.keywords}
        if callee.name == "super" and not args:
            return self._super(scope)
        if base is not None and isinstance(node.func, ast.Attribute):
            own = callee.func is not None or callee.made is not None or callee.module is not None
            if not own and (base.cls is not None or not base.name or base.origin != "local"):
                found = self._method(base, node.func.attr, args, node, scope)
                if found is not None:
                    return found
        return self.apply(callee, args, named, node, scope)

    def _argument(self, node: ast.expr, scope: Scope) -> Value:
        value = self.ev(node, scope)
        return element(value) if isinstance(node, ast.Starred) else value

    def _super(self, scope: Scope) -> Value:
        """`super()`: the receiver of the method we are in, looked up in the bases."""
        at: Scope | None = scope
        while at is not None:
            for value in at.names.values():
                if value.cls is not None and value.origin == "self":
                    return replace(value, above=True)
            at = at.parent
        return Value()

    def _method(
        self, base: Value, name: str, args: list[Value], node: ast.Call, scope: Scope
    ) -> Value | None:
        """A method of something that is known by where it came from only."""
        if name in MUTATING:
            if base.origin != "local":
                self.told.changed(base, node, scope)
            else:
                for value in args:
                    base.inner = merge(base.inner, value) if value.known else base.inner
        if not base.name and name in PATH_ONLY:
            self.told.called(f"pathlib.Path().{name}", node, scope, node)
        if base.name and base.cls is None:
            return None
        if name in _LOOKS or name == "__getitem__":
            key = f"[{args[0].text}]" if args and args[0].text is not None else ""
            return base.attrs[key].within(base) if key in base.attrs else element(base)
        if name in {"copy", "__copy__"}:
            return Value(inner=element(base))
        return None

    # ---- something is called -----------------------------------------------------------------

    def apply(
        self,
        callee: Value,
        args: list[Value],
        named: dict[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        """A value is called; what is given to something unknown counts as called by it."""
        args = [*callee.first, *args]
        if callee.changes is not None:
            self.told.changed(callee.changes, node, scope)
            return Value()
        if callee.func is not None:
            return self.run(callee.func, args, named)
        if callee.made is not None:
            return self._instance(callee, args, named)
        if callee.cls is not None:
            return self._called_instance(callee, args, named, node, scope)
        if callee.handed:
            self.told.handed(callee, node, scope)
        if callee.name:
            return self._outside(callee.name, args, named, node, scope)
        for value in (*args, *named.values()):
            self.handed_on(value, node, scope)
        return Value()

    def run(self, function: Function, args: list[Value], named: dict[str, Value]) -> Value:
        """Follow the body of a function."""
        raise NotImplementedError  # in visitor.py

    def handed_on(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """A value is given to something that may call it; states and actions are called later."""
        if not self.rules.follows_references:
            return
        if value.func is not None:
            body = value.func.node
            if isinstance(body, ast.AsyncFunctionDef) or (
                isinstance(body, ast.FunctionDef)
                and {mark.rpartition(".")[2] for mark in decorators(body)} & _DEFINED
            ):
                return
            self.run(value.func, list(value.first), {})
        elif value.name and "()" not in value.name:
            self.told.called(value.name, node, scope, None)

    def _instance(self, callee: Value, args: list[Value], named: dict[str, Value]) -> Value:
        cls = callee.made
        assert cls is not None  # noqa: S101  (the caller has tested that it makes an instance)
        made = Value(cls=cls)
        for part in cls.lineage():
            for stmt in part.node.body:
                if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.value, ast.Call):
                    for keyword in stmt.value.keywords:
                        if keyword.arg in {"default_factory", "factory"}:
                            factory = self.ev(keyword.value, part.scope)
                            self.apply(factory, [], {}, keyword.value, part.scope)
        fields = [
            s.target.id
            for part in reversed(cls.lineage())
            for s in part.node.body
            if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
        ]
        if (init := cls.find("__init__")) is None:
            made.attrs.update({k: v for k, v in zip(fields, args, strict=False) if v.known})
            made.attrs.update({k: v for k, v in named.items() if v.known})
        for name, found in (("__init__", init), ("__post_init__", cls.find("__post_init__"))):
            if found is not None and isinstance(found[1], ast.FunctionDef):
                given = (args, named) if name == "__init__" else ([], {})
                self.run(Function(found[1], found[0].scope, found[0]), [made, *given[0]], given[1])
        return made

    def _called_instance(
        self,
        callee: Value,
        args: list[Value],
        named: dict[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        if callee.cls is not None and callee.cls.find("__call__") is not None:
            method = self.attribute(callee, "__call__", node, scope)
            return self.apply(method, args[len(callee.first) :], named, node, scope)
        return Value()

    def _outside(
        self,
        name: str,
        args: list[Value],
        named: dict[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        """A name of the standard library, of a builtin, or of somebody's package."""
        first = args[0] if args else Value()
        room, _, last = name.rpartition(".")
        changes = name in MUTATORS or (room in _CONTAINERS and last in MUTATING)
        if changes and first.origin != "local":
            self.told.changed(first, node, scope)
            return element(first)
        if name in _SPOKEN:
            self.special(first, _SPOKEN[name], node, scope)
        if name == "globals":
            return Value(origin="global", what="the globals of the module")
        if name == "getattr":
            if len(args) > 1 and args[1].text is not None:
                return self.attribute(first, args[1].text, node, scope)
            self._looked_into(first, node, scope)
            return Value()
        if name in {"__import__", "importlib.import_module"} and first.text:
            return self.library.module_value(first.text)
        if name in {"functools.partial", "functools.partialmethod"} and args:
            return replace(first, first=(*first.first, *args[1:]))
        if name in _PASSES:
            return first if args else Value(name=f"{name}()")
        if name == "type" and len(args) == 1 and first.cls is not None:
            return Value(made=first.cls, origin=first.origin, what=f"the class {first.cls.name}")
        if name == "vars" or name == "operator.attrgetter":
            self._looked_into(first, node, scope)
            return first
        if name in {"map", "itertools.starmap"} and args:
            given = [element(value) for value in args[1:]]
            return Value(inner=self.apply(first, given, {}, node, scope))
        if name in {"next", "sum", "max", "min"}:
            for value in named.values():
                self.handed_on(value, node, scope)
            return element(first)
        if name in _COPIES:
            for value in (*args, *named.values()):
                if value.func is not None or value.name:
                    self.handed_on(value, node, scope)
            held = Value()
            for value in args:
                held = merge(held, element(value))
            return Value(inner=held if held.known else None)
        return self._border(name, args, named, node, scope)

    def _looked_into(self, value: Value, node: ast.AST, scope: Scope) -> None:
        if value.name and "()" not in value.name:
            self.told.looked_into(value.name, node, scope)

    def _border(
        self,
        name: str,
        args: list[Value],
        named: dict[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        self.told.called(name, node, scope, node if isinstance(node, ast.Call) else None)
        if name not in _ASKS_ONLY and not name.startswith("fsmv2."):
            for value in (*args, *named.values()):
                self.handed_on(value, node, scope)
        if name == "random.Random" and args and not self.silent:
            return Value()  # seeded here, by what is known here: no randomness
        known = name not in BUILTINS and stays_known(name)
        return Value(name=f"{name}()") if known else Value()
