"""The reference of the Python names: every public name, from its source and its docstring."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from collections.abc import Iterator

import msgspec
from python_docs import defined_at, first_sentence, strings_of, to_markdown
from python_names import (
    PAGES,
    Entry,
    constructor_text,
    entries,
    fields,
    first_of,
    links,
    members,
    named_types,
    own_text,
)
from python_signatures import signatures

import fsmv2

GROUPS = {
    "Write a worker": ("worker", "worker.monitor"),
    "Declare what should run": ("model",),
    "Run a tree": ("runtime", "core"),
    "Errors": ("errors", "diagnostic"),
    "Text, addresses, version": ("escaping", "host.names", "version"),
}
"""The names of `fsmv2` itself, by what they are for: the rooms that hold them."""


OPENINGS = {
    "python.md": """# Python: workers and trees

{note}
What `import fsmv2` offers: all that a worker is written with, and what runs a tree. The other
public packages have pages of their own:

| package | what it is for |
|---|---|
{packages}

Durations are seconds as `float`. Times inside a tree are seconds of one monotonic clock, of which
only differences count; times that are shown to people are Unix seconds. Structs are frozen, and
equal when their values are. What is not on these pages may change without notice. New to it?
[Your first worker](../tutorials/first-worker.md) takes a few minutes.

""",
    "python-builtin.md": """# Python: the built-in workers

{note}
The types that a document declares, for trees of your own. The states of each are on
[Built-in workers](workers.md); [Supervise any command](../how-to/supervise-a-command.md) uses one.

""",
    "python-testing.md": """# Python: testing workers and trees

{note}
A tree on a virtual clock, faults drawn from a seed, and rules that every worker must keep. Guides:
[Check a worker against the rules](../how-to/check-a-worker.md),
[Check what an FSM really does](../how-to/check-an-fsm.md),
[Drive a worker by hand](../how-to/drive-by-hand.md),
[Simulate a tree under faults](../how-to/simulate-faults.md),
[Replay what happened](../how-to/replay-what-happened.md).

""",
    "python-programs.md": """# Python: programs around a tree

{note}
For programs that load a document, run its tree, ask it questions or read what it stored: what the
command line itself is made of. [Run a tree inside your own program](../how-to/embed-a-tree.md)
shows the first steps.

""",
}


def linked(text: str, page: str, own: str = "") -> str:
    """`text` with a link at each public name in backticks, and at each error."""

    def link(found: re.Match[str]) -> str:
        word = found[0]
        entry = links().get(word.strip("`").partition("(")[0].partition(".")[0])
        called = word.strip("`")[:1].isupper() or word.endswith("()`")
        if entry is None or entry.name == own or not called:
            return word
        where = "" if entry.page == page else entry.page
        return f"[{word}]({where}#{entry.anchor})"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    pattern = r"`[A-Za-z_.]+(?:\(\))?`|(?<![`\w.])[A-Z]\w+Error\b(?!`)"
    return "".join(
        part if part.startswith("```") else re.sub(pattern, link, part) for part in parts
    )


def entry_part(entry: Entry) -> str:
    """A name with its signature, its words, its fields and its members."""
    head = f"### `{entry.title}`\n\n"
    first = first_of(entry)
    if first is not entry:
        where = "" if first.page == entry.page else first.page
        return f"{head}The same as [`{first.package}.{first.name}`]({where}#{first.anchor}).\n"
    value = entry.value
    if not inspect.isclass(value) and not inspect.isfunction(value):
        definition = defined_at(entry.package, entry.name)
        return f"{head}```py\n{definition.source}\n```\n\n{prose(definition.meaning, entry)}\n"
    parts = [f"{head}{code(signatures(entry.name, value))}", prose(own_text(value), entry)]
    if inspect.isclass(value):
        parts.append(prose(constructor_text(value), entry))
        if inherited := [b for b in value.__mro__[1:] if b.__name__ in links()]:
            parts.append(
                "It is also a "
                + ", a ".join(linked(f"`{b.__name__}`", entry.page) for b in inherited)
                + "."
            )
        parts.append(fields_part(value, entry))
        for name, member in members(value):
            title = f"{entry.name}.{name}"
            parts.append(f"#### `{entry.title}.{name}`\n\n{code(signatures(title, member))}")
            parts.append(prose(inspect.getdoc(member) or "", entry))
    return "\n\n".join(filter(None, parts)) + "\n"


def fields_part(cls: type, entry: Entry) -> str:
    """What the strings below the fields say, as a list."""
    described = strings_of(cls)
    lines = [
        f"- `{name}`: {linked(described[name], entry.page, entry.name)}"
        for name in fields(cls)
        if name in described
    ]
    if issubclass(cls, enum.Enum):
        lines = [
            f"- `{one.name}`, {one.value!r}" + f": {described.get(one.name, '')}".rstrip(": ")
            for one in cls
        ]
    return "\n".join(lines)


def code(lines: str) -> str:
    """Python that is shown, not run."""
    return f"```py\n{lines}\n```"


def prose(text: str, entry: Entry) -> str:
    """A docstring as Markdown, with links."""
    return linked(to_markdown(text), entry.page, entry.name)


def table(found: list[Entry]) -> str:
    """Each name with the first sentence about it."""
    rows = []
    for entry in found:
        value = first_of(entry)
        text = (
            own_text(value.value)
            if inspect.isclass(value.value) or inspect.isfunction(value.value)
            else defined_at(value.package, value.name).meaning
        )
        summary = first_sentence(text).replace("|", "\\|")
        rows.append(f"| [`{entry.title}`](#{entry.anchor}) | {summary} |")
    return "| name | what it is |\n|---|---|\n" + "\n".join(rows) + "\n"


def type_part(module: str, name: str) -> str:
    """A type that has no entry of its own: its shape, and the words about it."""
    value = getattr(importlib.import_module(module), name)
    if not inspect.isclass(value):
        definition = defined_at(module, name)
        return f"### `{name}`\n\n{code(definition.source)}\n\n{definition.meaning}\n"
    text = to_markdown(own_text(value))
    shape = signatures(name, value) if issubclass(value, msgspec.Struct) else f"class {name}"
    return f"### `{name}`\n\n{code(shape)}\n\n{text}\n"


def sections(page: str) -> Iterator[tuple[str, str, list[Entry]]]:
    """(heading, opening, entries) of each section of a page."""
    own = [entry for entry in entries() if entry.page == page]
    if page == "python.md":
        room = fsmv2._ROOM_OF
        groups = {one: title for title, rooms in GROUPS.items() for one in rooms}
        for title in GROUPS:
            yield title, "", [entry for entry in own if groups[room[entry.name]] == title]
        return
    for package in PAGES[page]:
        words = inspect.getdoc(importlib.import_module(package)) or ""
        yield f"`{package}`", words.partition("\n\n")[0], [e for e in own if e.package == package]


def python_page(note: str, page: str) -> str:
    """One page of the reference of Python names."""
    packages = "\n".join(
        f"| [`{package}`]({where}) | "
        f"{(inspect.getdoc(importlib.import_module(package)) or '').partition(chr(10))[0]} |"
        for where, found in PAGES.items()
        for package in found
        if where != "python.md"
    )
    parts = [OPENINGS[page].format(note=note, packages=packages)]
    for heading, opening, found in sections(page):
        parts.append(f"## {heading}\n\n" + (f"{opening}\n\n" if opening else "") + table(found))
        parts += [entry_part(entry) for entry in found]
    if types := named_types(page):
        parts.append("## Types named above\n\nWhat signatures on this page name besides.\n")
        parts += [type_part(module, name) for name, module in types.items()]
    return "\n".join(parts)
