"""Which module of `fsmv2` imports which, annotations included, read from the code.

Used by the page on the architecture and by the test that no imports go round in a circle.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"

Graph = Mapping[str, frozenset[str]]
"""Module → the modules that it imports. A package is the module of its `__init__`."""


def import_graph(package: str) -> Graph:
    """The imports among the modules below `package`, such as `fsmv2.core`."""
    folder = SOURCE / package.replace(".", "/")
    files = {_name_of(file): file for file in sorted(folder.rglob("*.py"))}
    return {name: frozenset(_imports(file, files)) - {name} for name, file in files.items()}


def circles(graph: Graph) -> list[list[str]]:
    """The groups of modules that import each other in a circle, the largest first.

    Tarjan's strongly connected components, by hand because a chain of imports may be long.
    """
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    on_stack: list[str] = []
    found: list[list[str]] = []
    for start in graph:
        if start in order:
            continue
        todo = [(start, iter(sorted(graph[start])))]
        order[start] = lowest[start] = len(order)
        on_stack.append(start)
        while todo:
            module, imports = todo[-1]
            for other in imports:
                if other not in order:
                    order[other] = lowest[other] = len(order)
                    on_stack.append(other)
                    todo.append((other, iter(sorted(graph[other]))))
                    break
                if other in on_stack:
                    lowest[module] = min(lowest[module], order[other])
            else:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    lowest[above] = min(lowest[above], lowest[module])
                if lowest[module] == order[module]:
                    at = on_stack.index(module)
                    group, on_stack[at:] = on_stack[at:], []
                    if len(group) > 1:
                        found.append(sorted(group))
    return sorted(found, key=len, reverse=True)


def _name_of(file: Path) -> str:
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path, known: Container[str]) -> Iterator[str]:
    """The known modules that a file imports; `from a import b` is `a.b` if that is a module."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                found = below if below in known else node.module
                if found in known:
                    yield found
