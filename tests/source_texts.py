"""The strings of the source, for pages that quote messages: a page must not quote what is gone."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
VALUE = "…"
"""What stands for a value in a quoted message, such as a path or a number."""


def one_line(text: str) -> str:
    return " ".join(text.split())


@functools.cache
def of_source() -> str:
    """Each string of the source on a line of its own, with `…` for the values in it."""
    return (
        "\n".join(text for path in sorted(SOURCE.rglob("*.py")) for text in texts_of(path)) + "\n"
    )


def texts_of(path: Path) -> Iterator[str]:
    parts: set[int] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.JoinedStr):
            parts.update(map(id, node.values))
            yield one_line(
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else VALUE
                    for part in node.values
                )
            )
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
        ):
            yield one_line(node.value)


def occurs(message: str, source: str) -> bool:
    """Whether one string of the source has the fixed parts of the message, in their order."""
    parts = [one_line(part) for part in message.split(VALUE)]
    longest = max(parts, key=len)
    in_order = re.compile(".*".join(map(re.escape, parts)))
    at = source.find(longest)
    while at >= 0:
        end = source.find("\n", at)
        if in_order.search(source[source.rfind("\n", 0, at) + 1 : end]):
            return True
        at = source.find(longest, end)
    return False
