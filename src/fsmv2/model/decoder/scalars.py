"""Readers of single values: is this scalar what the type expects, and if not, what to write?

A reader takes a node and gives the value, or BAD after it has added a problem. It coerces nothing
but a whole number to a float, and a number in quotes to a number. What of a wrong node is valid,
and a value nothing is wrong with, are asked only of documents with problems.
"""

from __future__ import annotations

import abc
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.duration import parse_duration
from fsmv2.errors import DurationError
from fsmv2.lookalike_characters import lookalike, straightened, why, without_quotes
from fsmv2.model.decoder.display import describe, shown
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.node_paths import around
from fsmv2.model.decoder.other_words import OtherWords
from fsmv2.model.decoder.template_fields import is_template
from fsmv2.model.decoder.value_fixes import (
    meant_secret,
    number_fix,
    number_in,
    rendered_fix,
    text_fix,
    without_part,
)
from fsmv2.model.secrets.vault import holds_secret

BAD: Any = object()
"""What a reader gives instead of a value when there is none."""

Problems = list[Diagnostic]
YES = frozenset(("yes", "on", "y", "true", "1", "enabled"))
NO = frozenset(("no", "off", "n", "false", "0", "disabled"))


class Reader(Protocol):
    """What a type expects in words, the kinds of nodes it takes, and how it reads one."""

    @property
    def expected(self) -> str:
        """The object of 'expected …'."""

    @property
    def kinds(self) -> frozenset[str]:
        """Of scalar, mapping, sequence, and null."""

    def read(self, node: Node, problems: Problems) -> Any:
        """The value, or BAD."""

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """What of `node` can be read; None if nothing can.

        `problems`: what the rules of structs say of what is left, where something else is wrong.
        """

    def neutral(self, path: str) -> Any:
        """Plain data for `path` that nothing is wrong with, or BAD."""


class Leaf(abc.ABC):
    """A reader of values that are valid as a whole, or not at all."""

    def read(self, node: Node, problems: Problems) -> Any:
        """The value, or BAD."""
        before = len(problems)
        value = self._read(node, problems)
        if value is BAD and isinstance(node.value, str) and not node.value.isascii():
            self._name_lookalike(node, problems, before)
        return value

    @abc.abstractmethod
    def _read(self, node: Node, problems: Problems) -> Any:
        """The value, or BAD."""

    def _name_lookalike(self, node: Node, problems: Problems, before: int) -> None:
        """Where a character is the reason, the fix is about that, and not about the type."""
        strange = lookalike(node.value)
        if not strange or holds_secret(node.value):
            return
        text = without_quotes(straightened(node.value))
        if self._takes(text, node.path):
            fix = f"Write {text}: {why(strange)}."
            problems[before:] = [msgspec.structs.replace(problems[before], fix=fix)]

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """The node, if it can be read."""
        del problems  # single values have no rules over them
        return None if self.read(node, []) is BAD else node

    def neutral(self, path: str) -> Any:
        """The first of some simple values that can be read."""
        return next((v for v in self._simple(path) if self._takes(v, path)), BAD)

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return ()

    def _takes(self, value: Any, path: str) -> bool:
        return self.read(Node.from_data(value, path), []) is not BAD


SCALAR = frozenset(("scalar",))


def data_of(node: Node) -> Any:
    """What a message describes: a scalar's value, an empty container for what holds others."""
    return node.value if node.kind == "scalar" else ({} if node.kind == "mapping" else [])


def mismatch(node: Node, expected: str, fix: str) -> Diagnostic:
    """The problem of a value of the wrong type."""
    return node.problem("FSM0122", f"expected {expected}, got {describe(data_of(node))}.", fix=fix)


class Bounds:
    """The limits of Meta annotations on a number, and their words."""

    def __init__(self, metas: Sequence[msgspec.Meta]) -> None:
        self._limits: list[tuple[str, Any, Callable[[Any, Any], bool]]] = []
        for meta in metas:
            self._add("at least", meta.ge, operator.ge)
            self._add("more than", meta.gt, operator.gt)
            self._add("at most", meta.le, operator.le)
            self._add("less than", meta.lt, operator.lt)
            self._add("a multiple of", meta.multiple_of, _is_multiple)

    def _add(self, word: str, limit: Any, holds: Callable[[Any, Any], bool]) -> None:
        if limit is not None:
            self._limits.append((word, limit, holds))

    def words(self, say: Callable[[Any], str] = str) -> str:
        """' from 1 to 65535', ' of at least 1'; '' without limits. `say` writes a limit."""
        if [word for word, _, _ in self._limits] == ["at least", "at most"]:
            return f" from {say(self._limits[0][1])} to {say(self._limits[1][1])}"
        words = " and ".join(f"{word} {say(limit)}" for word, limit, _ in self._limits)
        return f" of {words}" if words else ""

    def simple(self) -> list[Any]:
        """Numbers of which one is within, if any simple one is."""
        return [0, 1, *(limit for _, limit, _ in self._limits)]

    def hold(self, value: Any) -> bool:
        """Whether `value` is within."""
        return all(holds(value, limit) for _, limit, holds in self._limits)


def _is_multiple(value: Any, of: Any) -> bool:
    return bool(value % of == 0)


class Number(Leaf):
    """int, or float: then whole numbers are taken too, infinities and NaN are not.

    In a document it may stand in quotes, and be the text of a variable.

    `exact`: a whole number stays one, since a float of it may be another.
    """

    kinds = SCALAR

    def __init__(
        self,
        kind: type[int] | type[float],
        metas: Sequence[msgspec.Meta] = (),
        *,
        exact: bool = False,
        words: OtherWords | None = None,
    ) -> None:
        """`words`: what people write for it that is no number."""
        self._words = words or OtherWords({})
        self._kind = kind
        self._exact = exact
        self._bounds = Bounds(metas)
        name = "a whole number" if kind is int else "a number"
        self.expected = name + self._bounds.words()

    def _read(self, node: Node, problems: Problems) -> Any:
        """The number."""
        value = self._unquoted(node)
        is_number = type(value) is int or (self._kind is float and type(value) is float)
        if not is_number:
            problems.append(mismatch(node, self.expected, self._fix(node)))
            return BAD
        finite = math.isfinite(value)
        if not finite or not self._bounds.hold(value):
            got = value if finite else f"{node.text}, which is not finite"
            message = f"expected {self.expected}, got {got}."
            fix = self._meant(value) or f"Write {self.expected}."
            problems.append(node.problem("FSM0123", message, fix=fix))
            return BAD
        return value if self._exact else self._kind(value)

    def _unquoted(self, node: Node) -> Any:
        """The value, or the number that a text is: only a number can be meant where one is taken.

        Not of a program's data, whose types are its own, and not of a secret, which is not to
        become what cannot be redacted.
        """
        value = node.value
        if type(value) is not str or (node.document is None and not node.rendered):
            return value
        if len(value) > _LONGEST_NUMBER or holds_secret(value):
            return value
        if _WHOLE_NUMBER.fullmatch(value):
            return int(value)
        return float(value) if self._kind is float and _DECIMAL.fullmatch(value) else value

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return self._bounds.simple()

    def _meant(self, value: Any) -> str:
        """What is known of a value that a person has written; not of what a program hands in."""
        written = type(value) is str or (type(value) in (int, float) and abs(value) < _GREATEST)
        return self._words.fix_for(value) if written else ""

    def _fix(self, node: Node) -> str:
        value = node.value
        if type(value) is float and value.is_integer():
            return f"Write {int(value)}."
        if known := self._meant(value):
            return known
        if not isinstance(value, str):
            return f"Write {self.expected}."
        text = value.strip().rstrip(",;")
        key = node.path.rpartition(".")[2]
        percent, megabytes = "percent" in key, key.endswith("_mb")
        bare = without_part(text)
        if (found := number_in(bare, self._kind)) is not None:
            at = node.origin or node
            if found == text and at.text == value and at.column_offset:
                return rendered_fix(node) or f"Remove the quotes: {found}."
            return rendered_fix(node) or f"Write {found}."
        meant = number_fix(text, self._kind, percent=percent, megabytes=megabytes)
        return text_fix(node) or meant or f"Write {self.expected}."


WHOLE_NUMBER = r"-?(0|[1-9][0-9]*)"
ANY_NUMBER = rf"{WHOLE_NUMBER}(\.[0-9]+)?"
"""Numbers that are read in quotes, too."""
_WHOLE_NUMBER = re.compile(WHOLE_NUMBER, re.ASCII)
_DECIMAL = re.compile(ANY_NUMBER, re.ASCII)
_GREATEST = 10**9
"""Numbers in words of others, such as addresses, are smaller."""
_LONGEST_NUMBER = 40
"""Characters of a number in quotes."""


class Flag(Leaf):
    """bool: true or false; what else people write for it is proposed, not taken."""

    kinds = SCALAR
    expected = "true or false"

    def _read(self, node: Node, problems: Problems) -> Any:
        """The flag."""
        if isinstance(node.value, bool):
            return node.value
        word = str(node.value).strip().casefold()
        fix = text_fix(node) or "Write true or false."
        if word in YES or word in NO:
            truth = "true" if word in YES else "false"
            quoted = isinstance(node.value, str) and word == truth
            fix = rendered_fix(node) or (
                f"Remove the quotes: {truth}." if quoted else f"Write {truth}."
            )
        problems.append(mismatch(node, self.expected, fix))
        return BAD

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return (False,)


class Text(Leaf):
    """str, with the length and pattern of its Meta."""

    kinds = SCALAR

    def __init__(self, metas: Sequence[msgspec.Meta] = ()) -> None:
        self._least = max((meta.min_length or 0 for meta in metas), default=0)
        self._most = min(
            (meta.max_length for meta in metas if meta.max_length is not None), default=None
        )
        self._patterns = [
            (meta.pattern, meta.description) for meta in metas if meta.pattern is not None
        ]
        self.expected = "text"

    def _read(self, node: Node, problems: Problems) -> Any:
        """The text."""
        value = node.value
        if not isinstance(value, str):
            fix = "Write a text." if self.expected == "text" else f"Write {self.expected}."
            if node.kind == "scalar" and value is not None and self._takes(node.text, node.path):
                fix = f'Put it in quotes: "{node.text}".'
            elif node.kind == "sequence" and len(node.value) == 1 and node.in_brackets:
                (only,) = node.value
                if only.kind == "scalar" and isinstance(only.value, str):
                    fix = f"Remove the brackets: {only.text}."
            elif meant := meant_secret(node):
                fix = meant
            problems.append(mismatch(node, self.expected, fix))
            return BAD
        if is_template(value) and not node.rendered:
            message = f"templates are not rendered here, got {shown(value)}."
            problems.append(node.problem("FSM0127", message, fix="Write the text itself."))
            return BAD
        problem = self._problem(value)
        if problem is not None:
            problems.append(node.problem("FSM0127", problem[0], fix=problem[1]))
            return BAD
        return value

    def _simple(self, path: str) -> Sequence[Any]:
        # Two entries of a list have two names; `bridges[3]` says which one it is.
        owner = path if path.endswith("]") else next(iter(around(path)[1:]), path)
        return (owner.rpartition(".")[2], "a" * max(self._least, 1))

    def _problem(self, value: str) -> tuple[str, str] | None:
        # A name of nothing but space is as missing as an empty one.
        if self._least and not value.strip():
            return "expected text, got an empty one.", "Write at least one character."
        if len(value) < self._least:
            return (
                f"expected text of at least {self._least} characters, got {shown(value)}.",
                "Write a longer one.",
            )
        if self._most is not None and len(value) > self._most:
            return (
                f"expected text of at most {self._most} characters, got {len(value)} characters.",
                f"Shorten it by {len(value) - self._most}.",
            )
        for pattern, description in self._patterns:
            if not re.search(pattern, value):
                what = description or f"text of the form {pattern}"
                return f"expected {what}, got {shown(value)}.", f"Write {what}."
        return None


class Null(Leaf):
    """None: an empty value, `null` or `~`."""

    kinds = frozenset(("null",))
    expected = "nothing"

    def _read(self, node: Node, problems: Problems) -> Any:
        """None."""
        if node.kind == "scalar" and node.value is None:
            return None
        problems.append(mismatch(node, self.expected, "Remove the value."))
        return BAD

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return (None,)


class Seconds(Leaf):
    """Duration: `500ms`, `1s`, `2m`; seconds in the program."""

    kinds = SCALAR
    expected: ClassVar[str] = "a duration such as 500ms, 1s or 2m"

    def __init__(self, metas: Sequence[msgspec.Meta] = ()) -> None:
        self._bounds = Bounds(metas)

    def _read(self, node: Node, problems: Problems) -> Any:
        """Seconds."""
        if node.kind != "scalar" or node.value is None or isinstance(node.value, bool):
            problems.append(mismatch(node, self.expected, "Write a number and a unit: 1s."))
            return BAD
        value = node.value
        try:
            seconds = parse_duration(value)
        except DurationError as error:
            fix = error.fix[:1].upper() + error.fix[1:] + ("." if error.fix else "")
            fix = text_fix(node) or fix
            problems.append(node.problem("FSM0124", f"{error.message}.", fix=fix))
            return BAD
        if not self._bounds.hold(seconds):
            wanted = f"a duration{self._bounds.words(_written)}"
            message = f"expected {wanted}, got {describe_seconds(node)}."
            problems.append(node.problem("FSM0123", message, fix=f"Use {wanted}."))
            return BAD
        return seconds

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return [_written(seconds) for seconds in self._bounds.simple()]


def _written(seconds: float) -> str:
    """A limit as a document writes it."""
    return f"{seconds * 1000:g}ms" if 0 < seconds < 1 else f"{seconds:g}s"


def describe_seconds(node: Node) -> str:
    """A duration as it is written."""
    return shown(str(node.value))


class Anything(Leaf):
    """Any: plain data, as it is."""

    kinds = frozenset(("scalar", "mapping", "sequence", "null"))
    expected = "any value"

    def _read(self, node: Node, problems: Problems) -> Any:
        """Dicts, lists and scalars."""
        return node.to_data()

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """All of it that is known."""
        del problems
        return node.without_unknown()

    def _simple(self, path: str) -> Sequence[Any]:
        del path
        return (None,)
