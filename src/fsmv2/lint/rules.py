"""What counts as a finding: one set of rules for pure functions, one for async methods."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from fsmv2.lint import finding_codes
from fsmv2.lint.abstract_values import Class, Function, Scope, Value
from fsmv2.lint.expressions import decorators
from fsmv2.lint.known_names import (
    BOUNDING,
    NETWORK,
    READ_ONLY_BY_NAME,
    blocks,
    impure,
    impure_within,
)
from fsmv2.lint.rule_set import RuleSet
from fsmv2.model.inheritance import ENGINE_KEYS

Report = Callable[[str, ast.AST, Scope, str], None]

_NEIGHBOURS = frozenset(
    ["parent", "siblings", "sibling", "supervisor", "runtime", "engine_core", "tree"]
)
_SAYS = {
    finding_codes.CLOCK: "reads the clock",
    finding_codes.RANDOM: "is random",
    finding_codes.OUTSIDE: "does I/O or starts something",
    finding_codes.MACHINE: "reads the environment of the process",
}
_ENOUGH = {"time.gmtime": 1, "time.strftime": 2, "time.ctime": 1, "random.Random": 1}
"""Arguments from which on a function depends on them alone."""


class PurityRules(RuleSet):
    """Of derive, states and checks, and of all they call: pure functions of their arguments."""

    follows_references = True

    def __init__(self, report: Report, worker: Class, moving: frozenset[str]) -> None:
        self.report = report
        self._worker = worker
        self._moving = moving  # attributes that collections and actions set

    def called(self, name: str, node: ast.AST, scope: Scope, call: ast.Call | None) -> None:
        """Impure functions of the standard library and of well-known packages."""
        if call is not None and name.startswith("fsmv2.") and name.endswith(".VariableBundle"):
            self._engines(call, scope)
        code = impure(name)
        if code is None or (call is not None and len(call.args) >= _ENOUGH.get(name, 99)):
            return
        how = "" if call is not None else ", handed on here,"
        self.report(code, node, scope, f"{name}(){how} {_SAYS[code]}")

    def _engines(self, call: ast.Call, scope: Scope) -> None:
        """Variables that are set and never used, where they stand in the call."""
        user = call.args[:1] + [k.value for k in call.keywords if k.arg == "user"]
        for node in user:
            keys = node.keys if isinstance(node, ast.Dict) else []
            for key in keys:
                if isinstance(key, ast.Constant) and key.value in ENGINE_KEYS:
                    text = f"sets {key.value}, which the engine sets"
                    self.report(finding_codes.ENGINES, key, scope, text)

    def handed(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """What nobody can decide from here; what is known to be impure is reported as that."""
        if impure(value.name) is None:
            self.report(
                finding_codes.HANDED, node, scope, f"calls {ast.unparse(node)[:60]}, {value.what}"
            )

    def looked_into(self, room: str, node: ast.AST, scope: Scope) -> None:
        """`getattr(time, name)`, `vars(time)`: as if the worst of it were taken."""
        if (code := impure_within(room)) is not None:
            self.report(
                code, node, scope, f"something of {room}, by a name made up here, {_SAYS[code]}"
            )

    def looked_at(self, name: str, node: ast.AST, scope: Scope) -> None:
        """Impure values, such as os.environ."""
        if name in READ_ONLY_BY_NAME:
            code = READ_ONLY_BY_NAME[name]
            self.report(code, node, scope, f"{name} {_SAYS[code]}")

    def changed(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """What outlives the call is changed."""
        if value.origin == "given":
            self.report(finding_codes.GIVEN, node, scope, f"changes {value.what or 'an argument'}")
        elif value.origin == "self":
            self.report(finding_codes.KEPT, node, scope, f"changes {value.what or 'the worker'}")
        else:
            what = value.what or (f"the class {value.made.name}" if value.made else "a global")
            self.report(finding_codes.SHARED, node, scope, f"changes {what}")

    def rebound(self, name: str, node: ast.AST, scope: Scope) -> None:
        """A global, or a variable of a closure made at import."""
        self.report(finding_codes.SHARED, node, scope, f"changes the outer variable {name}")

    def read_global(self, name: str, node: ast.AST, scope: Scope) -> None:
        """What others change."""
        self.report(
            finding_codes.SHARED, node, scope, f"uses the global {name}, which functions change"
        )

    def attribute(self, base: Value, name: str, node: ast.AST, scope: Scope) -> None:
        """Neighbours, and what asynchronous methods leave on the worker."""
        ours = base.cls is self._worker and base.origin == "self"
        if ours and name in self._moving:
            text = f"reads self.{name}, which a collection or an action sets"
            self.report(finding_codes.KEPT, node, scope, text)
        unknown = ours and self._worker.find(name) is None and name not in base.attrs
        snapshot = base.what == "the snapshot" and base.origin == "given" and bool(base.attrs)
        if name in _NEIGHBOURS and (unknown or (snapshot and name not in base.attrs)):
            self.report(finding_codes.NEIGHBOUR, node, scope, f"reaches for {ast.unparse(node)}")


class WaitingRules(RuleSet):
    """Of async methods: they neither block, nor swallow a cancellation, nor wait forever."""

    def __init__(self, report: Report, *, bounded: bool) -> None:
        self.report = report
        self._limits = [bounded]

    @property
    def bounded(self) -> bool:
        """Whether the engine, or a `with` around us, ends what is awaited."""
        return any(self._limits)

    def skips(self, function: Function) -> bool:
        """What runs in a thread may block."""
        node = function.node
        return isinstance(node, ast.FunctionDef) and any(
            mark.rpartition(".")[2] == "blocking" for mark in decorators(node)
        )

    def called(self, name: str, node: ast.AST, scope: Scope, call: ast.Call | None) -> None:
        """Calls that block the loop, and network calls that nothing ends."""
        if blocks(name):
            if call is not None and any("WNOHANG" in ast.unparse(arg) for arg in call.args):
                return  # asks, and does not wait
            self.report(finding_codes.BLOCKS, node, scope, f"{name}() blocks the loop")
        elif name in NETWORK and not self.bounded and call is not None:
            timed = any(keyword.arg == "timeout" for keyword in call.keywords)
            if not timed and not _is_waited_for(call, scope):
                self.report(finding_codes.UNBOUNDED, node, scope, f"{name}() may wait forever")

    def entered(self, names: Iterable[str]) -> None:
        """`async with asyncio.timeout(...)`."""
        self._limits.append(any(name in BOUNDING for name in names))

    def left(self) -> None:
        """Its end."""
        self._limits.pop()

    def tried(self, node: ast.Try | ast.With | ast.AsyncWith, scope: Scope) -> None:
        """Handlers that keep a cancellation from going on, where one can arrive."""
        awaits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        if not any(isinstance(part, awaits) for body in node.body for part in ast.walk(body)):
            return
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                caught = _catches(handler.type)
                if caught:
                    parts = (part for body in handler.body for part in ast.walk(body))
                    if not any(isinstance(part, ast.Raise) for part in parts):
                        self.report(
                            finding_codes.SWALLOWED, handler, scope, f"{caught} is not raised again"
                        )
                    return
            return
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("suppress"):
                caught = next(filter(None, map(_catches, call.args)), "")
                if caught:
                    self.report(finding_codes.SWALLOWED, call, scope, f"{caught} is suppressed")


def _catches(kind: ast.expr | None) -> str:
    """The name under which an `except` catches a cancellation; empty: it does not."""
    if kind is None:
        return "what a bare except catches"
    if isinstance(kind, ast.Tuple):
        return next(filter(None, map(_catches, kind.elts)), "")
    name = ast.unparse(kind)
    return name if name.rpartition(".")[2] in {"BaseException", "CancelledError"} else ""


def _is_waited_for(call: ast.Call, scope: Scope) -> bool:
    """Whether it stands as an argument of `asyncio.wait_for`."""
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("wait_for")
        and call in node.args
        for node in ast.walk(scope.module.tree)
    )
