"""Every public Python name: where it is described, what it has, and what of it is without words."""

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
from python_docs import defined_at, home_of, strings_of
from python_signatures import signatures
from python_source import class_node, function_node

from fsmv2.worker import Worker

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


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class, by name, and those of bases that have no entry."""
    if is_built_in(cls):
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
    words = f"{text}\n{constructor_text(value)}"
    for name in constructor_arguments(value):
        if not re.search(rf"`{name}\b", words):
            yield f"{title}({name}): the constructor does not say what it is"
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
    doc = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    text = inspect.cleandoc(doc or "")
    if not text or not is_built_in(value):
        return text
    name = value.definition.name
    about = (inspect.getdoc(inspect.getmodule(value)) or "").removeprefix(f"`{name}`: ")
    return f"{about[0].upper()}{about[1:]}\n\n[Its states](workers.md#{name}): {text}"


def constructor_text(cls: type) -> str:
    """What is said of the arguments of a class that has a constructor of its own."""
    own = vars(cls).get("__init__")
    return inspect.cleandoc(own.__doc__ or "") if inspect.isfunction(own) else ""


def constructor_arguments(cls: type) -> list[str]:
    """The arguments of a class that has a constructor of its own; those of errors are all alike."""
    own = vars(cls).get("__init__")
    if not inspect.isfunction(own) or issubclass(cls, (msgspec.Struct, BaseException)):
        return []
    args = function_node(own).args
    return [one.arg for one in (*args.args[1:], *args.kwonlyargs)]


def is_built_in(value: Any) -> bool:
    """Whether it is one of the worker types that a document declares."""
    return (
        inspect.isclass(value) and issubclass(value, Worker) and "fsmv2.builtin" in value.__module__
    )


def all_text(cls: type) -> str:
    """The docstrings of a class and of its bases."""
    return "\n".join(own_text(one) for one in cls.__mro__ if one.__module__.startswith("fsmv2"))


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
