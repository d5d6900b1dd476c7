"""Finds the worker classes of a module, and has each of their methods judged."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from fsmv2.lint import finding_codes
from fsmv2.lint.abstract_values import Class, Function, Module, Scope, Value
from fsmv2.lint.rule_set import RuleSet
from fsmv2.lint.rules import PurityRules, Report, WaitingRules
from fsmv2.lint.source_files import Library
from fsmv2.lint.visitor import Visitor

MONITORS = frozenset({"fsmv2.Monitor", "fsmv2.worker.Monitor", "fsmv2.worker.monitor.Monitor"})
WORKERS = MONITORS | {"fsmv2.Worker", "fsmv2.worker.Worker", "fsmv2.worker.worker.Worker"}

Found = Callable[[str, ast.AST, Scope, str, str], None]
"""Takes in a finding: code, where, message, and the method it was found from."""


def check_workers(library: Library, module: Module, found: Found) -> int:
    """Check every worker class of `module`; returns how many there are."""
    number = 0
    evaluator = Visitor(library, RuleSet())
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            made = evaluator.define_class(node, module.scope).made
            if made is not None and made.external_bases() & WORKERS:
                _check(library, made, found)
                number += 1
    return number


def _check(library: Library, worker: Class, found: Found) -> None:
    quiet = Visitor(library, RuleSet())
    quiet.silent = 1
    itself = Value(cls=worker, origin="self", what="the worker")
    made = quiet.apply(Value(made=worker), [], _handed(quiet, worker), worker.node, worker.scope)
    itself.attrs.update(made.attrs)
    moving = frozenset(_set_while_running(worker))
    types = _types(worker)
    monitors = bool(worker.external_bases() & MONITORS)
    pure = {"derive_desired_state", "judge"} if monitors else {"derive_desired_state"}
    looks = {"collect_observed_state", "look"} if monitors else {"collect_observed_state"}
    for owner, node in _methods(worker):
        marks = _marks(quiet, owner, node)

        def report(code: str, at: ast.AST, scope: Scope, text: str, name: str = node.name) -> None:
            found(code, at, scope, text, f"{worker.name}.{name}")

        if node.name in pure or marks.keys() & {"state", "check"}:
            visitor = Visitor(library, PurityRules(report, worker, moving))
            _pure(visitor, owner, node, itself, types, report)
            _report_if_cut(visitor, owner, node, report)
        elif isinstance(node, ast.AsyncFunctionDef):
            bounded = node.name in looks
            if "action" in marks:
                bounded = _check_timeout(marks["action"], owner, report)
            if bounded or "action" in marks or node.name == "resources":
                visitor = Visitor(library, WaitingRules(report, bounded=bounded))
                _follow(visitor, owner, node, itself, [])
                _report_if_cut(visitor, owner, node, report)
        elif "action" in marks:
            _check_timeout(marks["action"], owner, report)


_DATA = frozenset({"str", "int", "float", "bool", "bytes", "tuple", "frozenset", "complex"})


def _handed(quiet: Visitor, worker: Class) -> dict[str, Value]:
    """What `__init__` is given from outside, by name: what it is, as far as annotations say."""
    found = worker.find("__init__")
    node = found[1] if found is not None else None
    if found is None or not isinstance(node, ast.FunctionDef):
        return {}
    owner, spec = found[0], node.args
    order = [*spec.posonlyargs, *spec.args]
    defaults = [None] * (len(order) - len(spec.defaults)) + list(spec.defaults)
    handed: dict[str, Value] = {}
    for arg, default in [
        *zip(order, defaults, strict=True),
        *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
    ][1:]:
        if default is not None and not (
            isinstance(default, ast.Constant) and default.value is None
        ):
            continue  # the default says what it is
        kind = quiet.ev(arg.annotation, owner.scope) if arg.annotation is not None else Value()
        if kind.made is not None or kind.name in _DATA:
            continue
        named = kind.name if "." in kind.name and not kind.name.startswith(_NO_CLASSES) else ""
        what = f"of what __init__ was handed as '{arg.arg}'"
        handed[arg.arg] = Value(
            origin="self", name=f"{named}()" if named else "", what=what, handed=True
        )
    return handed


_NO_CLASSES = ("typing.", "collections.abc.", "typing_extensions.")


def _report_if_cut(
    visitor: Visitor, owner: Class, node: ast.FunctionDef | ast.AsyncFunctionDef, report: Report
) -> None:
    if visitor.cut:
        text = f"{node.name} is too long to be followed to its end"
        report(finding_codes.CUT, node, owner.scope, text)


def _pure(
    visitor: Visitor,
    owner: Class,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    itself: Value,
    types: tuple[Value, Value],
    report: Report,
) -> None:
    if isinstance(node, ast.AsyncFunctionDef):
        text = "is async: a pure function has nothing to await"
        report(finding_codes.OUTSIDE, node, owner.scope, text)
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        visitor.ev(default, owner.scope)
    spec, observed = types
    if node.name == "derive_desired_state":
        given = [spec, observed]
    else:
        seen = Value(origin="given", what="the snapshot")
        seen.attrs.update({"spec": spec, "observed": observed})
        given = [seen]
    _follow(visitor, owner, node, itself, given)


def _follow(
    visitor: Visitor,
    owner: Class,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    itself: Value,
    given: list[Value],
) -> None:
    function = Function(node, owner.scope, owner)
    value = visitor.decorated(node, function, owner.scope)
    visitor.apply(value, [itself, *given], {}, node, owner.scope)


def _types(worker: Class) -> tuple[Value, Value]:
    """Spec and observation, as instances of the classes that the worker was subscripted with."""
    spec, observed = Value(), Value()
    for cls in reversed(worker.lineage()):
        for at, given in enumerate(cls.types[:2]):
            if given.made is not None:
                spec, observed = (given, observed) if at == 0 else (spec, given)
    return (
        Value(origin="given", cls=spec.made, what="the spec"),
        Value(origin="given", cls=observed.made, what="the observation"),
    )


def _methods(
    worker: Class,
) -> Iterator[tuple[Class, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The methods of a class and its known bases, without those that are overridden."""
    seen: set[str] = set()
    for cls in worker.lineage():
        for node in cls.node.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in seen:
                yield cls, node
        seen.update(
            n.name for n in cls.node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        )


def _marks(
    quiet: Visitor, owner: Class, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> dict[str, ast.expr]:
    """The decorators of fsmv2 on a method, by name."""
    marks: dict[str, ast.expr] = {}
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = quiet.ev(called, owner.scope).name
        if name.startswith("fsmv2."):
            marks[name.rpartition(".")[2]] = decorator
    return marks


def _check_timeout(mark: ast.expr, owner: Class, report: Report) -> bool:
    """Whether an action is ended one day; reports one that does not say when."""
    given = mark.keywords if isinstance(mark, ast.Call) else []
    timeout = next((keyword.value for keyword in given if keyword.arg == "timeout"), None)
    if timeout is None:
        if not any(keyword.arg is None for keyword in given):
            text = "the action sets no timeout; it has 30 s"
            report(finding_codes.NO_TIMEOUT, mark, owner.scope, text)
        return True
    if ast.unparse(timeout).replace('"', "'") in {"math.inf", "inf", "float('inf')"}:
        report(finding_codes.NO_TIMEOUT, timeout, owner.scope, "the action may take forever")
        return False
    return True


def _set_while_running(worker: Class) -> Iterator[str]:
    """The attributes that async methods, and those marked @blocking, set on the worker."""
    for _, node in _methods(worker):
        threaded = any(ast.unparse(d).endswith("blocking") for d in node.decorator_list)
        if isinstance(node, ast.AsyncFunctionDef) or threaded:
            for part in ast.walk(node):
                if (
                    isinstance(part, ast.Attribute)
                    and isinstance(part.ctx, ast.Store)
                    and isinstance(part.value, ast.Name)
                    and part.value.id == "self"
                ):
                    yield part.attr
