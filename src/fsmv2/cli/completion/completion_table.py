"""The commands as data for completion: their options, and what each of their words may be."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

FLAG, ANY, PATH, FILE, FOLDER = "flag", "any", "path", "file", "folder"
"""Kinds of a word: none follows; anything; a path of a running tree; a file; a folder.

Of the kind WORDS it is one of a few, which are named.
"""
WORDS = "words"


class Word(NamedTuple):
    """What stands at one place: an argument, or the value of an option."""

    kind: str
    name: str
    choices: tuple[str, ...] = ()
    many: bool = False


class CompletedOption(NamedTuple):
    """An option with all its names, and its value."""

    names: tuple[str, ...]
    help: str
    value: Word

    @property
    def many(self) -> bool:
        """Whether it may be given more than once."""
        return self.value.many


class CompletedCommand(NamedTuple):
    """A command, or a group of them, by its words; '' is fsmv2 itself."""

    words: str
    help: str
    options: tuple[CompletedOption, ...]
    arguments: tuple[Word, ...]
    commands: tuple[str, ...] = ()


def completion_table(group: Any) -> list[CompletedCommand]:
    """Every command of the group that Typer makes of an app, groups before what is in them."""
    return list(_of(group, ""))


def _of(command: Any, words: str) -> Iterator[CompletedCommand]:
    inner = {name: one for name, one in getattr(command, "commands", {}).items() if not one.hidden}
    hints = typing.get_type_hints(command.callback) if command.callback is not None else {}
    options = [
        CompletedOption(tuple(sorted(param.opts, key=len)), _first(param.help), _word(param, hints))
        for param in command.params
        if param.param_type_name == "option" and not param.hidden
    ]
    options.append(CompletedOption(("-h", "--help"), "Show the help.", Word(FLAG, "")))
    arguments = [_word(p, hints) for p in command.params if p.param_type_name == "argument"]
    yield CompletedCommand(
        words,
        _first(command.short_help or command.help),
        tuple(options),
        tuple(arguments),
        tuple(inner),
    )
    for name, one in inner.items():
        yield from _of(one, f"{words} {name}".strip())


def _first(text: str | None) -> str:
    """The first sentence."""
    return " ".join((text or "").split()).partition(". ")[0].rstrip(".")


def _word(param: Any, hints: dict[str, Any]) -> Word:
    if getattr(param, "is_flag", False):
        return Word(FLAG, "")
    name = str(param.metavar or param.name).strip("[].")
    many = bool(param.nargs == -1 or getattr(param, "multiple", False))
    parts = list(_parts(hints.get(param.name)))
    choices = tuple(str(one) for part in parts for one in part if not isinstance(one, type))
    if choices:
        return Word(WORDS, name, choices, many)
    if any(part == (Path,) for part in parts):
        return Word(FOLDER if name == "DIR" else FILE, name, many=many)
    if name == "PATH":
        return Word(PATH, name, many=many)
    is_file = not {"FILE", "DOCUMENT", "TREE"}.isdisjoint(name.split("|"))
    return Word(FILE if is_file else ANY, name, many=many)


def _parts(hint: Any) -> Iterator[tuple[Any, ...]]:
    """The choices of each `Literal` in a type, and each plain type alone."""
    if typing.get_origin(hint) is Literal:
        yield typing.get_args(hint)
    elif typing.get_origin(hint) in (typing.Union, types.UnionType, list):
        for one in typing.get_args(hint):
            yield from _parts(one)
    elif isinstance(hint, type):
        yield (hint,)
