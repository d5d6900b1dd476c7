"""The words that stand in the source of a public name, as Markdown."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import textwrap
from typing import NamedTuple

from python_source import assigned_name, class_node, module_of, string_of, text_in


class Definition(NamedTuple):
    """Where a constant or an alias is assigned: the line, and the string below it."""

    source: str
    meaning: str


@functools.cache
def home_of(module: str, name: str) -> str:
    """The module that defines `name`, wherever `module` has it from; empty: none of fsmv2."""
    body = module_of(module).body
    for node in body:
        if assigned_name(node) == name or getattr(node, "name", "") == name:
            return module
    for node in body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fsmv2"):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return home_of(str(node.module), alias.name)
    return ""


def defined_at(module: str, name: str) -> Definition:
    """The assignment of `name`, wherever `module` has it from."""
    home = home_of(module, name)
    found = Definition("", "")
    for node, below in itertools.pairwise([*module_of(home).body, ast.Pass()]):
        if assigned_name(node) == name:
            found = Definition(text_in(home, node), string_of(below))
    return found


@functools.cache
def strings_of(cls: type) -> dict[str, str]:
    """The string below each field of a class and of its bases, in one line."""
    found: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if owner.__module__.startswith("fsmv2"):
            for node, below in itertools.pairwise(class_node(owner).body):
                if (name := assigned_name(node)) and (text := string_of(below)):
                    found[name] = " ".join(text.split())
    return found


def to_markdown(text: str) -> str:
    """A docstring as Markdown: what is indented after `::` is a block of code."""

    def block(found: re.Match[str]) -> str:
        return f":\n\n```py\n{textwrap.dedent(found[1]).strip(chr(10))}\n```\n\n"

    return re.sub(r"::\n\n((?:[ ]{4}.*(?:\n|$)|\n)+)", block, text).strip()


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, in one line."""
    line = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<=[.:]) (?=[A-Z`])", line)[0].rstrip(":") if line else ""
