"""One of several values, which are written as words: a Literal, or an Enum."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from fsmv2.model.decoder.display import describe
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.other_words import OtherWords
from fsmv2.model.decoder.scalars import BAD, SCALAR, Leaf, Problems, data_of
from fsmv2.name_suggestions import nearest_names, one_of


class Choice(Leaf):
    """Literal and Enum: one of a few values, of the same type as well."""

    kinds = SCALAR

    def __init__(self, values: Sequence[tuple[Any, Any]], words: OtherWords | None = None) -> None:
        """`values`: what is written, and what it stands for. `words`: other words for them."""
        self._words = words or OtherWords({})
        self._values = {(type(written), written): value for written, value in values}
        self._names = [describe_choice(written) for written, _ in values]
        self.expected = "one of " + ", ".join(self._names)
        if len(values) == 1:
            self.expected = self._names[0]

    @classmethod
    def of_enum(cls, kind: type[enum.Enum]) -> Choice:
        """The values of an Enum."""
        return cls([(member.value, member) for member in kind])

    def _read(self, node: Node, problems: Problems) -> Any:
        """What the written value stands for."""
        value = node.value
        if node.kind == "scalar":
            found = self._values.get((type(value), value), BAD)
            if found is not BAD:
                return found
        fix = f"Write {self.expected}."
        if node.kind == "scalar" and value is not None:
            name = describe_choice(value)
            if name in self._names:  # the right word, of the wrong type
                quoted = isinstance(value, str)
                fix = f"Remove the quotes: {name}." if quoted else f'Put it in quotes: "{name}".'
            elif name.strip().casefold() not in self._names and (
                known := self._words.fix_for(value)
            ):
                fix = known
            elif close := nearest_names(name, self._names):
                fix = f"Did you mean {one_of(close)}?"
        message = f"expected {self.expected}, got {describe(data_of(node))}."
        problems.append(node.problem("FSM0125", message, fix=fix))
        return BAD

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return [written for _, written in self._values]


def describe_choice(value: Any) -> str:
    """One allowed value as a document shows it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
