"""One name, one thing: no two public classes of `src/fsmv2` bear one name."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.reads_source

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fsmv2"

EXCEPTIONS: dict[str, str] = {}
"""Names that two classes may bear all the same, each with the reason."""


def public_classes(source: str) -> set[str]:
    """The public classes of a module, and those inside an `if` of it; each name once."""
    found = set()
    waiting: list[ast.stmt] = [*ast.parse(source).body]
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.If | ast.Try):
            waiting += [*statement.body, *statement.orelse]
        elif isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
            found.add(statement.name)
    return found


def shared_names(sources: dict[str, str]) -> dict[str, list[str]]:
    """The names of public classes that stand in several of the files, with the files."""
    files = defaultdict(list)
    for file, source in sorted(sources.items()):
        for name in public_classes(source):
            files[name].append(file)
    return {name: where for name, where in files.items() if len(where) > 1}


def test_a_class_name_stands_for_one_thing() -> None:
    sources = {str(f.relative_to(SOURCE)): f.read_text() for f in SOURCE.rglob("*.py")}
    shared = shared_names(sources)
    assert {n: where for n, where in shared.items() if n not in EXCEPTIONS} == {}, (
        "name each class by what it alone is, such as BrokerRecord and ProcessRecord"
    )
    assert set(EXCEPTIONS) <= set(shared), "an exception that is needed no more"


def test_a_name_of_two_public_classes_is_found() -> None:
    one = "class Record: ...\nif True:\n    class Search: ...\n"
    two = "class Record: ...\nclass _Private: ...\nclass Search: ...\n"
    other = "class _Private: ...\nclass Other:\n    class Record: ...\n"
    found = shared_names({"a.py": one, "b.py": two, "c.py": other})
    assert found == {"Record": ["a.py", "b.py"], "Search": ["a.py", "b.py"]}
