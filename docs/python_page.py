"""The reference of the Python names: every public name, from its source and its docstring."""

from __future__ import annotations

import ast
import enum
import functools
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from python_docs import defined_at, first_sentence, home_of, strings_of, to_markdown
from python_signatures import signatures
from python_source import class_node, function_node

import fsmv2
from fsmv2.worker import Worker

GROUPS = {
    "Write a worker": ("worker", "worker.monitor"),
    "Declare what should run": ("model",),
    "Run a tree": ("runtime", "core"),
    "Errors": ("errors", "diagnostic"),
    "Text, addresses, version": ("escaping", "host", "version"),
}
"""The names of `fsmv2` itself, by what they are for: the rooms that hold them."""

PAGES = {
    "python.md": ("fsmv2",),
    "python-builtin.md": ("fsmv2.builtin",),
    "python-testing.md": ("fsmv2.testing",),
    "python-programs.md": (
        "fsmv2.operate",
        "fsmv2.plant",
        "fsmv2.runtime",
        "fsmv2.store",
        "fsmv2.flow",
        "fsmv2.lint",
    ),
}
"""The packages of each page."""

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


class Entry(NamedTuple):
    """One public name: where it is on the pages, and what it stands for."""

    package: str
    name: str
    page: str
    value: Any

    @property
    def title(self) -> str:
        """How it is called on its page: `Worker`; `operate.expand` where packages share one."""
        if len(PAGES[self.page]) == 1 and not self.shared:
            return self.name
        return f"{self.package.removeprefix('fsmv2.')}.{self.name}"

    @property
    def shared(self) -> bool:
        """Whether a class is called the same but for its capitals: `Builtins`, `builtins`."""
        names = importlib.import_module(self.package).__all__
        return self.name.islower() and self.name.capitalize() in names

    @property
    def anchor(self) -> str:
        """Its place on the page, as Markdown makes it from the heading."""
        return re.sub(r"[^\w -]", "", self.title).lower()


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public name, in the order of the pages."""
    found = []
    for page, packages in PAGES.items():
        for package in packages:
            module = importlib.import_module(package)
            found += [Entry(package, n, page, getattr(module, n)) for n in module.__all__]
    return tuple(found)


@functools.cache
def links() -> Mapping[str, Entry]:
    """Where each name is described, by the name; the first package that has it counts."""
    found: dict[str, Entry] = {}
    for entry in entries():
        found.setdefault(entry.name, entry)
    return found


def first_of(entry: Entry) -> Entry:
    """Where the same thing is described first, under whichever package."""
    for other in entries():
        if other.value is entry.value and other.name == entry.name:
            return other
    return entry


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


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class, by name, and those of bases that have no entry."""
    if issubclass(cls, Worker) and cls is not Worker and cls.__module__.startswith("fsmv2.builtin"):
        return  # its states and actions are on the page of the built-in workers
    public = {id(entry.value) for entry in entries()} - {id(cls)}
    seen: set[str] = set()
    for owner in cls.__mro__:
        if not owner.__module__.startswith("fsmv2.") or id(owner) in public:
            continue
        for name, value in vars(owner).items():
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if name.startswith("_") or name in seen or not inspect.isfunction(function):
                continue
            seen.add(name)
            yield name, value


def fields(cls: type) -> tuple[str, ...]:
    """The fields of a struct, the members of an enum, and the options of any other class."""
    if issubclass(cls, msgspec.Struct):
        return cls.__struct_fields__
    if issubclass(cls, enum.Enum):
        return tuple(one.name for one in cls)
    return tuple(
        node.target.id
        for node in class_node(cls).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
    )


def undocumented(entry: Entry) -> Iterator[str]:
    """What of a public name has no words: itself, a member, a field, an error that it raises."""
    value, title = entry.value, f"{entry.package}.{entry.name}"
    if not inspect.isclass(value) and not inspect.isfunction(value):
        if not defined_at(entry.package, entry.name).meaning:
            yield f"{title}: no string below it"
        return
    text = own_text(value)
    if not text:
        yield f"{title}: no docstring"
    if inspect.isfunction(value):
        yield from unnamed_errors(title, value)
        return
    described, text = strings_of(value), all_text(value)
    for name in fields(value):
        if name not in described and not re.search(rf"`\.?{re.escape(name)}\b", text):
            yield f"{title}.{name}: not in the docstring, and no string below it"
    for name, member in members(value):
        if not inspect.getdoc(member):
            yield f"{title}.{name}: no docstring"
        function = getattr(member, "__func__", getattr(member, "fget", member))
        yield from unnamed_errors(f"{title}.{name}", function)


def unnamed_errors(title: str, function: Any) -> Iterator[str]:
    """Errors of fsmv2 that a function raises itself and does not name."""
    for node in ast.walk(function_node(function)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func)
            if name in links() and name not in str(inspect.getdoc(function)):
                yield f"{title}: its docstring does not name {name}, which it raises"


def own_text(value: Any) -> str:
    """The docstring that stands at this class or function itself."""
    text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    return inspect.cleandoc(text or "")


def all_text(cls: type) -> str:
    """The docstrings of a class and of its bases."""
    return "\n".join(own_text(one) for one in cls.__mro__ if one.__module__.startswith("fsmv2"))


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


def named_types(page: str) -> dict[str, str]:
    """Types of fsmv2 that signatures on a page name and that have no entry, with their modules."""
    found: dict[str, str] = {}
    for entry in entries():
        value = entry.value
        if entry.page != page or first_of(entry) is not entry or not hasattr(value, "__module__"):
            continue
        shown = [(value, entry.name)] if inspect.isclass(value) or inspect.isfunction(value) else []
        if inspect.isclass(value):
            shown += [(member, name) for name, member in members(value)]
        for one, name in shown:
            function = getattr(one, "__func__", getattr(one, "fget", one))
            for word in re.findall(r"\b[A-Z][a-z]\w+\b", signatures(name, one)):
                home = "" if word in links() else home_of(function.__module__, word)
                if home:
                    found[word] = home
    return dict(sorted(found.items()))


def words_of(module: str, name: str) -> str:
    """The docstring of a type, or the string below an alias."""
    value = getattr(importlib.import_module(module), name)
    return own_text(value) if inspect.isclass(value) else defined_at(module, name).meaning


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
