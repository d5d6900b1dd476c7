"""What a person reads is in plain English: messages, help and pages without words of our own.

A reason that somebody reads at night is in the words that they would use, and search for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fsmv2"

INSTEAD = {
    "told": "reported, notified",
    "said": "reported, logged",
    "nobody": "no one, nothing, or a sentence without it",
    "keeper": "shim",
    "begins? again|began again|begun again": "restart",
    "in vain": "failed N times",
    "sound|unsound": "valid, invalid",
    "mend|mends|mended": "repair, correct",
    "for ever": "forever",
}
"""A word that is not used in messages, and what is said instead."""
WORDS = "|".join(INSTEAD).replace(" ", r"\s+")
NOT_USED = re.compile(rf"\b({WORDS})\b", re.IGNORECASE)

NOT_READ = {
    "core/checkpoint/take.py": "reasons of a table that a test reads",
}
"""Files whose texts nobody but a developer reads."""


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a source file that are more than a word and no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
            yield (
                node.lineno,
                "…".join(part.value for part in node.values if isinstance(part, ast.Constant)),
            )
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in skipped:
            continue
        if isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value


def helps(path: Path) -> Iterator[tuple[int, str]]:
    """What `--help` shows of a command: the docstrings of its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.lineno, ast.get_docstring(node) or ""


def found(path: Path, texts: Iterator[tuple[int, str]]) -> list[str]:
    name = path.relative_to(ROOT)
    return [
        f"{name}:{line}: '{word[0]}' in {text!r}"
        for line, text in texts
        if (word := NOT_USED.search(text)) is not None
    ]


def test_messages_are_in_plain_english() -> None:
    wrong = [
        one
        for path in sorted(SOURCE.rglob("*.py"))
        if str(path.relative_to(SOURCE)) not in NOT_READ
        for one in found(path, messages(path))
    ]
    assert wrong == []


def test_the_help_of_each_command_is_in_plain_english() -> None:
    commands = sorted((SOURCE / "cli" / "commands").glob("*.py"))
    assert [one for path in commands for one in found(path, helps(path))] == []


def pages() -> list[Path]:
    """All but records of decisions, lists of the names of tests and of files, and old messages."""
    lists = {"hard-cases.md", "architecture.md", "changed-messages.md"}
    found = [path for path in (ROOT / "docs").rglob("*.md") if path.name not in lists]
    return [ROOT / "README.md", *(path for path in found if "decisions" not in path.parts)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_pages_are_in_plain_english(page: Path) -> None:
    text = page.read_text(encoding="utf-8")  # as one: a line may end within a phrase
    places = [(text.count("\n", 0, at.start()) + 1, at[0]) for at in NOT_USED.finditer(text)]
    assert places == [], f"{page.relative_to(ROOT)}: (line, word)"
