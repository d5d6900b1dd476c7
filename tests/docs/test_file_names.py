"""One name, one thing: no two files of `src/fsmv2` bear one name for different things."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fsmv2"

OF_EVERY_PACKAGE = {"__init__.py", "__main__.py"}

COMMANDS = SOURCE / "cli" / "commands"
"""Here a file is named as the verb that a person types, whatever else has that name."""


def test_a_file_name_stands_for_one_thing() -> None:
    found = Counter(file.name for file in SOURCE.rglob("*.py") if file.parent != COMMANDS)
    shared = {name for name, times in found.items() if times > 1} - OF_EVERY_PACKAGE
    assert shared == set(), "name each file by what it alone holds"
