"""From nodes to typed values, every problem at once, each with its place.

msgspec's own decoder is faster and stops at the first problem; a person who mends a document wants
all of them. Called by whoever knows the document's sections.
"""

from __future__ import annotations

import typing
from typing import Any, TypeVar

import msgspec

from fsmv2.document.decoders import reader_of
from fsmv2.document.document import in_order
from fsmv2.document.node import Node, Origin
from fsmv2.document.scalars import BAD
from fsmv2.errors import Diagnostic

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
    this is. For rendered values see `rendered`. Raises DefinitionError for a type that no
    document can express.
    """
    problems: list[Diagnostic] = []
    value = reader_of(type_).read(node, problems)
    if value is BAD:
        if path is not None:
            problems = [_moved(problem, node.path, path) for problem in problems]
        return None, in_order(problems)
    return value, []


def rendered(node: Node, values: Any, origins: Origin | None = None) -> Node:
    """`values`, which is `node.to_data()` rendered, with the places of `node`.

    What is wrong in them is then shown at the line of the template; of a value that is nothing but
    one variable, at the variable's declaration, which `origins` finds from the variable's steps,
    and the template is the related place. See `Node.with_values`, which this calls.
    """
    return node.with_values(values, origins)


def _moved(problem: Diagnostic, old: str, new: str) -> Diagnostic:
    if not problem.path.startswith(old):
        return problem  # at the declaration of a variable, outside this node
    rest = problem.path[len(old) :]
    separator = "." if new and not old and rest and rest[0] != "[" else ""
    return msgspec.structs.replace(problem, path=f"{new}{separator}{rest}")
