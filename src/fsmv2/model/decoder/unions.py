"""Readers of values that may be written in several ways: unions, and templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD, Number, Problems, Reader, mismatch
from fsmv2.model.decoder.template_fields import is_template


class Either:
    """A union: what fits the kind of the node is tried in order."""

    def __init__(self, options: Sequence[Reader]) -> None:
        self.options = options
        self.kinds = frozenset(kind for option in options for kind in option.kinds)
        words = [option.expected for option in options if "null" not in option.kinds]
        self.expected = " or ".join(dict.fromkeys(words)) or "nothing"

    def read(self, node: Node, problems: Problems) -> Any:
        """The value of the first option that takes it."""
        kind = "null" if node.kind == "scalar" and node.value is None else node.kind
        fitting = [option for option in self.options if kind in option.kinds]
        # None is no scalar that needs explaining; what remains explains what was expected.
        candidates = fitting or [o for o in self.options if "null" not in o.kinds]
        if isinstance(node.value, str):  # it is text before it is a number in quotes
            candidates = sorted(candidates, key=lambda option: isinstance(option, Number))
        attempts: list[Problems] = []
        for option in candidates:
            tried: Problems = []
            value = option.read(node, tried)
            if value is not BAD:
                return value
            attempts.append(tried)
        best = _nearest_attempt(attempts)
        if best is not None:
            problems.extend(best)
        else:
            fixes = [p.fix for tried in attempts for p in tried if not p.fix.startswith("Write a ")]
            fix = next(iter(fixes), "") or f"Write {self.expected}."
            problems.append(mismatch(node, self.expected, fix))
        return BAD

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """As the first option that takes it, or as the only one of its kind."""
        kind = "null" if node.kind == "scalar" and node.value is None else node.kind
        fitting = [option for option in self.options if kind in option.kinds]
        if len(fitting) > 1:
            fitting = [option for option in fitting if option.read(node, []) is not BAD]
        return fitting[0].valid_part(node, problems) if fitting else None

    def neutral(self, path: str) -> Any:
        """That of the first option that has one."""
        found = (option.neutral(path) for option in self.options)
        return next((value for value in found if value is not BAD), BAD)


def _nearest_attempt(attempts: Sequence[Problems]) -> Problems | None:
    """The problems of the option that was meant: the only one, or the one of the right type."""
    if len(attempts) == 1:
        return attempts[0]
    close = [
        tried for tried in attempts if all(p.code not in ("FSM0122", "FSM0125") for p in tried)
    ]
    return close[0] if len(close) == 1 else None


class OrTemplate:
    """Templated[X]: an X, or text with a template, kept as it is."""

    def __init__(self, inner: Reader) -> None:
        self.inner = inner
        self.kinds = inner.kinds | {"scalar"}

    @property
    def expected(self) -> str:
        """As the inner type: a template is what anybody may write."""
        return self.inner.expected

    def read(self, node: Node, problems: Problems) -> Any:
        """The text of a template that is yet to be rendered, or the inner value."""
        value = node.value
        if isinstance(value, str) and is_template(value) and not node.rendered:
            return value
        return self.inner.read(node, problems)

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """The template, or what is valid of the inner value."""
        return node if self.read(node, []) is not BAD else self.inner.valid_part(node, problems)

    def neutral(self, path: str) -> Any:
        """That of the inner type."""
        return self.inner.neutral(path)
