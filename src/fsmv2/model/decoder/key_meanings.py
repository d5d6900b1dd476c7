"""What each key of a struct means: the string that stands below its field in the source.

The reference pages and the JSON Schema for editors share these, so a key is described once.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap

import msgspec


@functools.cache
def key_meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The meaning of each field that has one, by its name; those of its bases included."""
    found: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if issubclass(cls, msgspec.Struct) and cls is not msgspec.Struct:
            found |= _of_class(cls)
    return found


def _of_class(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):  # made by a program, or without its source
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    return {
        field.target.id: " ".join(str(below.value.value).split())
        for field, below in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }
