"""Whoever switches a finding of the linter off says why, in a clause that stands by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.reads_source

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fsmv2"

LEAST_WORDS = 4
"""Words that a reason has at the least; fewer are a hint to somebody who knows already."""

REASON = re.compile(r"# noqa: [A-Z0-9, ]+?  \((?P<reason>.+)\)$")


def without_reason(source: str) -> list[int]:
    """The lines whose `noqa` has no reason behind it and no comment above."""
    found, lines = [], source.splitlines()
    for number, line in enumerate(lines, 1):
        if "# noqa" not in line:
            continue
        match = REASON.search(line)
        if match is not None and len(match["reason"].split()) >= LEAST_WORDS:
            continue
        above = lines[number - 2].strip() if number > 1 else ""
        if match is None and above.startswith("# ") and len(above.split()) > LEAST_WORDS:
            continue
        found.append(number)
    return found


def test_every_finding_that_is_switched_off_has_its_reason() -> None:
    missing = [
        f"{file.relative_to(SOURCE)}:{number}"
        for file in sorted(SOURCE.rglob("*.py"))
        for number in without_reason(file.read_text())
    ]
    assert missing == []


def test_a_missing_or_short_reason_is_found() -> None:
    source = (
        "assert a  # noqa: S101\n"
        "assert b  # noqa: S101  (frozen)\n"
        "assert c  # noqa: S101  (the caller has just set it)\n"
        "# The caller has just set it.\n"
        "assert d  # noqa: S101\n"
    )
    assert without_reason(source) == [1, 2]
