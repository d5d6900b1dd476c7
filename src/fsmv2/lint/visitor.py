"""Follows the statements of a function, once for each way in which it is called."""

from __future__ import annotations

import ast
from dataclasses import replace

from fsmv2.lint.abstract_values import Function, Scope, Value, element, merge, signature
from fsmv2.lint.calls import Calls

_DEEPEST = 40
_MOST = 2000
"""Ways of calling that are followed for one method of a worker; more would take minutes."""
_STEPS = 20_000
"""Statements that are followed for one method; loops in loops in helpers would take minutes."""
_NESTED = 70
"""Statements within each other, helpers included; Python's own stack holds little more."""
_IN_PLACE = ast.List | ast.ListComp | ast.Dict | ast.DictComp | ast.Set | ast.SetComp


class Visitor(Calls):
    """Statements. One visitor serves all methods of one worker class under one rule set."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._results: dict[tuple[object, ...], Value] = {}
        self._returned: list[list[Value]] = []
        self._steps = 0
        self._nested = 0
        self.cut = False  # whether something was not followed because there was too much of it
        self._keep: list[object] = []  # what ids stand for must live as long as they do

    def run(self, function: Function, args: list[Value], named: dict[str, Value]) -> Value:
        """The result of a call; each way of calling is followed once."""
        key = (
            id(function.node),
            id(function.scope),
            tuple(signature(v) for v in args),
            tuple((k, signature(v)) for k, v in sorted(named.items())),
            bool(self.silent),
            self.rules.bounded,
        )
        if self.rules.skips(function):
            return Value()
        full = len(self._returned) > _DEEPEST or len(self._results) > _MOST
        if key in self._results or full:
            self.cut = self.cut or key not in self._results
            return self._results.get(key, Value())
        self._keep.append((function, args, named))
        self._results[key] = Value()
        # A function that is called while a module is imported leaves its names to those it makes.
        scope = Scope(function.scope.module, function.scope, lasting=bool(self.silent))
        self._arguments(function, args, named, scope)
        self._returned.append([])
        node = function.node
        if isinstance(node, ast.Lambda):
            result = self.ev(node.body, scope)
        else:
            self.block(node.body, scope)
            result = Value()
            for value in self._returned[-1]:
                result = merge(result, value)
        self._returned.pop()
        self._results[key] = result
        return result

    def _arguments(
        self, function: Function, args: list[Value], named: dict[str, Value], scope: Scope
    ) -> None:
        spec = function.node.args
        order = [*spec.posonlyargs, *spec.args]
        rest = list(args[len(order) :])
        defaults = dict(
            zip(
                [a.arg for a in order[len(order) - len(spec.defaults) :]],
                spec.defaults,
                strict=True,
            )
        )
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if default is not None:
                defaults[arg.arg] = default
        given = dict(zip([a.arg for a in order], args, strict=False)) | named
        for arg in (*order, *spec.kwonlyargs):
            value = given.get(arg.arg)
            if value is None and arg.arg in defaults:
                default = defaults[arg.arg]
                # Evaluated when the function is made, and the same object at each call.
                value = self.ev(default, function.scope)
                if value.func is None and value.made is None and not value.name:
                    value = replace(value, origin="global", what=f"the default of {arg.arg}")
            known = value or Value()
            if known.cls is None and known.made is None and not known.name:
                held = self.annotation(arg.annotation, function.scope)
                known = replace(known, cls=held.cls) if held.cls is not None else known
            scope.names[arg.arg] = known
        if spec.vararg is not None:
            held = Value()
            for value in rest:
                held = merge(held, value)
            scope.names[spec.vararg.arg] = Value(inner=held if held.known else None)
        if spec.kwarg is not None:
            scope.names[spec.kwarg.arg] = Value(inner=named.get("**"))

    def block(self, body: list[ast.stmt], scope: Scope) -> None:
        """Statements, in order."""
        for node in body:
            self.statement(node, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """One statement."""
        self._steps += 1
        if self._steps > _STEPS or self._nested > _NESTED:
            self.cut = True
            return
        self._nested += 1
        self._followed(node, scope)
        self._nested -= 1

    def _followed(self, node: ast.stmt, scope: Scope) -> None:
        if isinstance(node, ast.Return):
            if node.value is not None:
                self._returned[-1].append(self.ev(node.value, scope))
        elif isinstance(node, ast.Assign):
            if self._pairwise(node, scope):
                return
            value = self.ev(node.value, scope)
            for target in node.targets:
                self.bind(target, value, scope)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.bind(node.target, self.ev(node.value, scope), scope)
        elif isinstance(node, ast.AugAssign):
            self._augmented(node, scope)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self.ev(default, scope)
            scope.names[node.name] = self.decorated(node, Function(node, scope), scope)
        elif isinstance(node, ast.ClassDef):
            scope.names[node.name] = self.define_class(node, scope)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            scope.names.update(self.library.imported(scope.module, node))
        elif isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.bind(target, Value(), scope)
        else:
            self._compound(node, scope)

    def _pairwise(self, node: ast.Assign, scope: Scope) -> bool:
        """`a, b = c, d`, each with its own."""
        target, given = node.targets[0], node.value
        both = isinstance(target, ast.Tuple) and isinstance(given, ast.Tuple)
        if len(node.targets) > 1 or not both:
            return False
        assert isinstance(target, ast.Tuple)  # noqa: S101  (`both` says that the two are tuples)
        assert isinstance(given, ast.Tuple)  # noqa: S101  (`both` says that the two are tuples)
        parts = (*target.elts, *given.elts)
        if len(target.elts) != len(given.elts) or any(isinstance(p, ast.Starred) for p in parts):
            return False
        values = [self.ev(part, scope) for part in given.elts]
        for part, value in zip(target.elts, values, strict=True):
            self.bind(part, value, scope)
        return True

    def _compound(self, node: ast.stmt, scope: Scope) -> None:
        if isinstance(node, ast.If):
            self.ev(node.test, scope)
            self._either([node.body, node.orelse], scope)
        elif isinstance(node, ast.For | ast.AsyncFor):
            iterated = self.ev(node.iter, scope)
            for _ in range(2):  # the second time with what the first left
                self.bind(node.target, self.iterated(iterated, node.iter, scope), scope)
                self._either([node.body, []], scope)
            self.block(node.orelse, scope)
        elif isinstance(node, ast.While):
            for _ in range(2):
                self.ev(node.test, scope)
                self._either([node.body, []], scope)
            self.block(node.orelse, scope)
        elif isinstance(node, ast.Try):
            self.told.tried(node, scope)
            handlers = [handler.body for handler in node.handlers]
            self._either([[*node.body, *node.orelse], *handlers], scope)
            self.block(node.finalbody, scope)
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node, scope)
        elif isinstance(node, ast.Match):
            subject = self.ev(node.subject, scope)
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
                        scope.names[part.name] = subject
                    elif isinstance(part, ast.MatchValue):
                        self.ev(part.value, scope)
                if case.guard is not None:
                    self.ev(case.guard, scope)
            self._either([case.body for case in node.cases], scope)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.ev(child, scope)
                elif isinstance(child, ast.stmt):
                    self.statement(child, scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        self.told.tried(node, scope)
        names = []
        for item in node.items:
            value = self.ev(item.context_expr, scope)
            called = item.context_expr
            waits = "a" if isinstance(node, ast.AsyncWith) else ""
            entered = self.special(value, f"__{waits}enter__", called, scope)
            self.special(value, f"__{waits}exit__", called, scope)
            if isinstance(called, ast.Call):
                names.append(self.ev_silently(called.func, scope).name)
            elif value.name:
                self.told.called(f"{value.name}.__enter__", called, scope, None)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, entered if entered.known else value, scope)
        self.rules.entered(names)
        self.block(node.body, scope)
        self.rules.left()

    def _either(self, branches: list[list[ast.stmt]], scope: Scope) -> None:
        """Follow each branch from the same names, and go on with what any of them left."""
        before = dict(scope.names)
        after: dict[str, Value] = {}
        for branch in branches:
            scope.names = dict(before)
            self.block(branch, scope)
            for name, value in scope.names.items():
                after[name] = merge(after.get(name), value)
        scope.names.clear()
        scope.names.update(after)

    # ---- binding -----------------------------------------------------------------------------

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give a target a value; changing an object is reported to the rules."""
        if isinstance(target, ast.Name):
            self._name(target, value, scope)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self.bind(part, element(value), scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, Value(inner=element(value)), scope)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            base = self.ev(target.value, scope)
            if isinstance(target, ast.Subscript):
                self.ev(target.slice, scope)
            if base.origin != "local" or base.made is not None:
                self.told.changed(base, target, scope)
            elif isinstance(target, ast.Attribute):
                base.attrs[target.attr] = value
            elif value.known:
                base.inner = merge(base.inner, value)

    def _name(self, target: ast.Name, value: Value, scope: Scope) -> None:
        if target.id in scope.globals:
            self.told.rebound(target.id, target, scope)
            return
        if target.id in scope.nonlocals:
            at = scope.parent
            while at is not None and target.id not in at.names:
                at = at.parent
            if at is not None:
                if at.lasting:
                    self.told.rebound(target.id, target, scope)
                at.names[target.id] = merge(value, at.names[target.id])
            return
        scope.names[target.id] = value

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        value = self.ev(node.value, scope)
        if not isinstance(node.target, ast.Name):
            self.bind(node.target, value, scope)
            return
        old = self.lookup(node.target.id, node.target, scope)
        # `+=` changes a list in place, a number or a text not; the right side tells them apart.
        if isinstance(node.value, _IN_PLACE) and old.origin != "local":
            self.told.changed(old, node.target, scope)
        if node.target.id in scope.globals or node.target.id in scope.nonlocals:
            self._name(node.target, value, scope)
