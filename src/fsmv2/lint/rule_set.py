"""The interface of a rule set: what the visitor reports of the code it follows."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from fsmv2.lint.abstract_values import Function, Scope, Value


class RuleSet:
    """Decides which of what the visitor meets is a finding; this one finds nothing."""

    follows_references = False
    """Whether a function that is handed on counts as called; not so for a thread's."""

    def called(self, name: str, node: ast.AST, scope: Scope, call: ast.Call | None) -> None:
        """Something outside is called; `call` tells its arguments where they stand here."""

    def handed(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """Something of what the worker was made with is called; nobody knows what it does."""

    def looked_into(self, room: str, node: ast.AST, scope: Scope) -> None:
        """Something of a module is taken by a name that only a run knows."""

    def looked_at(self, name: str, node: ast.AST, scope: Scope) -> None:
        """Something outside is named."""

    def changed(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """A value is changed in place."""

    def rebound(self, name: str, node: ast.AST, scope: Scope) -> None:
        """A name of an outer, lasting scope is bound anew."""

    def attribute(self, base: Value, name: str, node: ast.AST, scope: Scope) -> None:
        """An attribute is read."""

    def read_global(self, name: str, node: ast.AST, scope: Scope) -> None:
        """A global is read that functions of its module change."""

    def skips(self, function: Function) -> bool:
        """Whether the body of a function runs where these rules do not apply."""
        return False

    @property
    def bounded(self) -> bool:
        """Whether something ends what is waited for now."""
        return True

    def tried(self, node: ast.Try | ast.With | ast.AsyncWith, scope: Scope) -> None:
        """A statement that may keep exceptions from going on."""

    def entered(self, names: Iterable[str]) -> None:
        """A `with` begins, of these outside names."""

    def left(self) -> None:
        """It ends."""
