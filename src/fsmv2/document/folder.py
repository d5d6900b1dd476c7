"""A folder of documents put together as one: a file for each bridge, say, and one for the agent.

Sections of names (`templates`, `global`) are united, lists (`bridges`) follow each other in the
order of the file names, and every value keeps its own file, line and column. What two files both
say is refused, with both places. Anchors do not cross files.
"""

from __future__ import annotations

import functools
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from fsmv2.diagnostic import Diagnostic, Mark, Related
from fsmv2.document.document import Document
from fsmv2.document.scan import scan_file, scan_yaml
from fsmv2.errors import DocumentError
from fsmv2.model.decoder.node import Node

SUFFIXES = (".yaml", ".yml")
MOST = 10_000
"""Files; nobody keeps more in one folder by hand."""


def scan_folder(folder: Path, *, aliases: Mapping[str, str] | None = None) -> Document:
    """Read every `*.yaml` and `*.yml` in `folder`, but for hidden ones and those with `_` or `~`.

    `aliases`: other names of sections, so that two files may use either. What is wrong with any of
    them is in the document's `problems`.
    """
    problems: list[Diagnostic] = []
    files = _files(folder, problems)
    read = [(functools.partial(scan_file, file)) for file in files]
    return _united_document(folder, problems, read, aliases)


def scan_contents(
    folder: Path, contents: Mapping[str, bytes], *, aliases: Mapping[str, str] | None = None
) -> Document:
    """The same of files that were read before, by their names."""
    read = [
        functools.partial(scan_yaml, data, str(folder / name))
        for name, data in sorted(contents.items())
    ]
    return _united_document(folder, [], read, aliases)


def _united_document(
    folder: Path,
    found: list[Diagnostic],
    read: Sequence[Callable[[], Document]],
    aliases: Mapping[str, str] | None,
) -> Document:
    whole = Document(str(folder), [])
    whole.root = Node("mapping", {}, mark=Mark(str(folder), 1, 1), keys={}, document=whole)
    problems = whole.problems
    problems += found
    whole.holes = bool(problems)
    for one in read:
        try:
            document = one()
        except DocumentError as error:
            problems += error.diagnostics
            whole.holes = True
            continue
        whole.holes |= document.holes
        conflicts: list[Diagnostic] = []
        moved: dict[str, str] = {}
        for key, section in document.root.value.items():
            _add(whole.root, (aliases or {}).get(key, key), section, conflicts, moved)
        problems += [_moved(problem, moved) for problem in document.problems]
        problems += conflicts
    return whole


def documents_in(folder: Path) -> list[Path]:
    """The files of a folder that count, in order; OSError: it cannot be read."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in SUFFIXES and file.name[0] not in "._" and not file.name.endswith("~")
    )


def valid_folder(folder: Path) -> list[Path] | None:
    """The files of a folder that count, in order; None when something is wrong with the folder."""
    problems: list[Diagnostic] = []
    files = _files(folder, problems)
    return None if problems else files


def _files(folder: Path, problems: list[Diagnostic]) -> list[Path]:
    try:
        found = documents_in(folder)
    except OSError as error:
        problems.append(_of(folder, "FSM0102", f"the folder cannot be read: {error.strerror}."))
        return []
    if not found:
        fix = f"Put files in it whose names end in {' or '.join(SUFFIXES)}."
        problems.append(_of(folder, "FSM0139", "the folder holds no document.", fix))
    if len(found) > MOST:
        problems.append(_of(folder, "FSM0139", f"the folder holds more than {MOST:,} documents."))
        return []
    inside = []
    home = folder.resolve()
    for file in found:
        try:
            within = home in file.resolve(strict=True).parents
            kind = file.stat().st_mode
        except (OSError, RuntimeError):  # RuntimeError: links that lead to each other
            text = f"'{file.name}' is a broken link."
            problems.append(_of(folder, "FSM0139", text, "Remove it, or repair what it points to."))
            continue
        if stat.S_ISDIR(kind):
            text = f"'{file.name}' is a folder, and folders in a folder are not read."
            fix = "Move its files up, or give it a name without the ending."
            problems.append(_of(folder, "FSM0139", text, fix))
        elif not stat.S_ISREG(kind):
            text = f"'{file.name}' is not a regular file."
            fix = "Remove it; pipes, sockets and devices hold no document."
            problems.append(_of(folder, "FSM0139", text, fix))
        elif within:
            inside.append(file)
        else:
            text = f"'{file.name}' is a link that leads out of the folder."
            problems.append(_of(folder, "FSM0139", text, "Copy the file it leads to."))
    return inside


def _of(folder: Path, code: str, message: str, fix: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=f"{folder}: {message}", fix=fix)


def _add(
    root: Node, key: str, section: Node, problems: list[Diagnostic], moved: dict[str, str]
) -> None:
    """Put a section of one file into the whole; `moved` gets the paths that change by that."""
    old = root.value.get(key)
    if old is None:
        _move(section, key, moved)
        root.value[key] = section
        if section.key is not None:
            root.keys[key] = section.key  # type: ignore[index]  # a dict, made above
    elif old.kind == section.kind == "sequence":
        for number, item in enumerate(section.value, start=len(old.value)):
            _move(item, f"{key}[{number}]", moved)
        root.value[key] = _united(old, [*old.value, *section.value], {})
    elif old.kind == section.kind == "mapping":
        both = [name for name in section.value if name in old.value]
        problems += [_twice(f"{key}.{name}", old, section, name) for name in both]
        root.value[key] = _united(old, {**old.value, **section.value}, {**old.keys, **section.keys})
    else:
        problems.append(_twice(key, old, section, None))


def _united(old: Node, value: object, keys: Mapping[str, tuple[Mark, int]]) -> Node:
    return Node(
        old.kind,
        value,
        path=old.path,
        mark=old.mark,
        length=old.length,
        keys=keys,
        key=old.key,
        document=old.document,
    )


def _move(node: Node, new: str, moved: dict[str, str]) -> None:
    """Give a section or an item of a list, and what is in it, the path it has in the whole."""
    old = node.path
    todo = [node] if old != new else []
    while todo:
        at = todo.pop()
        moved[at.path] = at.path = new + at.path.removeprefix(old)
        below = at.value.values() if at.kind == "mapping" else at.value
        todo += below if at.kind != "scalar" else ()


def _moved(problem: Diagnostic, moved: Mapping[str, str]) -> Diagnostic:
    path = moved.get(problem.path, problem.path)
    return problem if path == problem.path else msgspec.structs.replace(problem, path=path)


def _twice(what: str, old: Node, new: Node, key: str | None) -> Diagnostic:
    first = old.problem("", "", key=key, at_key=key is None)
    problem = new.problem(
        "FSM0139",
        f"'{what}' is set in two files.",
        key=key,
        at_key=key is None,
        fix="Keep one of them.",
    )
    if first.mark is None:
        return problem
    related = Related(
        message="the other one", mark=first.mark, source=first.source, length=first.length
    )
    return msgspec.structs.replace(problem, related=(related,))
