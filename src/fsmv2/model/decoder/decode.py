"""From nodes to typed values, every problem at once, each with its place.

msgspec's own decoder is faster and stops at the first problem; a person who corrects a document
wants all of them. Called by whoever knows the document's sections.
"""

from __future__ import annotations

import typing
from collections.abc import Collection
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.model.decoder.decoders import reader_of
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.problem_order import in_order
from fsmv2.model.decoder.scalars import BAD

T = TypeVar("T")


@typing.overload
def decode(
    node: Node, type_: type[T], *, path: str | None = ...
) -> tuple[T | None, list[Diagnostic]]: ...
@typing.overload
def decode(node: Node, type_: Any, *, path: str | None = ...) -> tuple[Any, list[Diagnostic]]: ...
def decode(node: Node, type_: Any, *, path: str | None = None) -> tuple[Any, list[Diagnostic]]:
    """`node` as a value of `type_`, and what is wrong with it, in order of place.

    The value is None when anything is wrong. Types: Structs, dict[str, X], list, tuple, unions,
    Literal, Enum, bool, int, float, str, Any, Duration, Templated[X], and Annotated with
    msgspec.Meta. Nothing is coerced but a whole number to a float; `int | float` keeps it. A struct
    may name other spellings of its keys in `ALIASES: ClassVar[Mapping[str, str]]`, from the
    spelling to the key; what its `__post_init__` raises is one of the problems.

    `path` stands in the problems for the path of `node`: that of the bridge, say, whose template
    this is. For rendered values see `Node.render`. Raises DefinitionError for a type that no
    document can express.
    """
    problems: list[Diagnostic] = []
    value = reader_of(type_).read(node, problems)
    if value is BAD:
        if path is not None:
            problems = [_moved(problem, node.path, path) for problem in problems]
        return None, in_order(problems)
    return value, []


class ValidPart(NamedTuple, Generic[T]):
    """What of a node is valid: its value and its node, None if nothing is; and what is wrong."""

    value: T | None
    node: Node | None
    problems: list[Diagnostic]


def decode_valid_part(node: Node, type_: type[T], wrong: Collection[str] = ()) -> ValidPart[T]:
    """As `decode`, with the valid part of `node` beside the problems.

    A wrong value of a key that may be left out, a wrong entry of a list or mapping, and an unknown
    key are left out. In place of a wrong or missing value of a key that is needed stands a neutral
    one of its type; if it has none, what is around it is wrong, too. In a struct with rules of its
    own each wrong entry of a list becomes a neutral one, and the rules are asked of what is left.

    At the paths `wrong` is what is known to be wrong already; `problems` are without these.
    """
    reader = reader_of(type_)
    problems: list[Diagnostic] = []
    known = node.with_unknown(wrong) if wrong else node
    value = reader.read(known, problems)
    if value is not BAD and not wrong:
        return ValidPart(value, node, [])
    valid = reader.valid_part(known, problems)
    value = reader.read(valid, []) if valid is not None else BAD
    found = in_order(problem for problem in problems if problem.path not in wrong)
    return ValidPart(None, None, found) if value is BAD else ValidPart(value, valid, found)


def _moved(problem: Diagnostic, old: str, new: str) -> Diagnostic:
    if not problem.path.startswith(old):
        return problem  # at the declaration of a variable, outside this node
    rest = problem.path[len(old) :]
    separator = "." if new and not old and rest and rest[0] != "[" else ""
    return msgspec.structs.replace(problem, path=f"{new}{separator}{rest}")
