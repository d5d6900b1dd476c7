"""The page of the hard cases: each with the tests that are named after it.

The cases stand in `hard-cases.txt`, and their tests are found by name (`test_h17_…`, for two cases
`test_h13_h43_…`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "docs" / "hard-cases.txt"
NAME = re.compile(r"test((?:_h\d+)+)_(\w+)")


class HardTest(msgspec.Struct, frozen=True):
    """One test: its name, the file it is in, and the situation in a line."""

    name: str
    file: str
    situation: str


def cases() -> dict[int, str]:
    """Number → situation and what is required."""
    found = {}
    for line in CASES.read_text().splitlines():
        number, _, text = line.partition(" | ")
        found[int(number[1:])] = text
    return found


def tests() -> Iterator[tuple[int, HardTest]]:
    """Every test that is named after a case, with the number of the case."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            match = NAME.match(node.name)
            if match is None:
                continue
            told = ast.get_docstring(node) or match[2].replace("_", " ")
            situation = " ".join(told.partition("\n\n")[0].split()).rstrip(".")
            test = HardTest(node.name, str(file.relative_to(ROOT)), situation)
            for number in match[1].split("_h")[1:]:
                yield int(number), test


def hard_cases_page() -> str:
    """Each case: the situation, what is required, and its tests."""
    by_case: dict[int, list[HardTest]] = {}
    for number, test in tests():
        by_case.setdefault(number, []).append(test)
    parts = []
    for number, text in cases().items():
        rows = [f"- [{test.situation}](../../{test.file})" for test in by_case.get(number, [])]
        parts.append(f"**H{number}** {text}\n\n" + ("\n".join(rows) or "- no test") + "\n")
    tested = sum(number in by_case for number in cases())
    return (
        "# The hard cases\n\n<!-- Made by `make docs` from the tests; change it there. -->\n\n"
        f"Situations in which supervisors go wrong, and what this one does. {tested} of "
        f"{len(cases())} have a test that is named after them; `make test` and `make test-real` "
        "run them.\n\n" + "\n".join(parts)
    )
