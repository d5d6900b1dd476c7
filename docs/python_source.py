"""The source of a class or function: its part of the syntax tree, and the text of any part of it.

`inspect.getsource` reads the whole module again for each class; a page asks for a thousand.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """A module as it is written. `lines` are bytes, as the syntax tree counts columns."""

    lines: tuple[bytes, ...]
    body: tuple[ast.stmt, ...]
    """All statements at its top, those in branches of an `if` included."""
    classes: dict[str, ast.ClassDef]
    functions: dict[int, Function]
    """By the line in which they begin, with their decorators."""


def module_of(name: str) -> Module:
    """The module of this name."""
    module = sys.modules.get(name) or importlib.import_module(name)
    return read(str(module.__file__))


@functools.cache
def read(file: str) -> Module:
    """The module in this file."""
    text = Path(file).read_bytes()
    tree = ast.parse(text)
    functions = {
        min([node.lineno, *(one.lineno for one in node.decorator_list)]): node
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    body = tuple(statements(tree.body))
    return Module(
        tuple(text.splitlines(keepends=True)), body, dict(classes_in(body, "")), functions
    )


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a body, and of each branch in it."""
    for node in body:
        if isinstance(node, ast.If):
            yield from statements(node.body)
            yield from statements(node.orelse)
        else:
            yield node


def classes_in(body: tuple[ast.stmt, ...], before: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """Each class by its qualified name."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield before + node.name, node
            yield from classes_in(tuple(statements(node.body)), f"{before}{node.name}.")


def class_node(cls: type) -> ast.ClassDef:
    """The definition of a class."""
    return module_of(cls.__module__).classes[cls.__qualname__]


def function_node(function: Any) -> Function:
    """The definition of a function, under whatever decorators."""
    plain = inspect.unwrap(function)
    return module_of(plain.__module__).functions[plain.__code__.co_firstlineno]


def text_in(module: str, node: Any) -> str:
    """The source of a part of a module."""
    lines = module_of(module).lines[node.lineno - 1 : node.end_lineno]
    if len(lines) == 1:
        return lines[0][node.col_offset : node.end_col_offset].decode()
    first, *middle, last = lines
    return b"".join([first[node.col_offset :], *middle, last[: node.end_col_offset]]).decode()


def assigned_name(node: ast.AST) -> str:
    """The name that a statement assigns, if it assigns one."""
    if isinstance(node, ast.AnnAssign):
        target: ast.expr | None = node.target
    else:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def string_of(node: ast.AST) -> str:
    """The text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value))
    return ""
