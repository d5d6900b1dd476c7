"""What a start runs: each row of the table in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.operate.start_choice import FileState, Runs, choose
from fsmv2.store import GenerationInfo, Head

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "generations.md"
ROW = re.compile(r"^\| ([\w ]+) \| (valid|invalid|missing) \| (\w+) \| ([\w, ]+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.read_text())

LAST = GenerationInfo(
    number=3, at=0.0, who="ann", tool="fsmv2 run", why="", source="/plant.yaml", digest="old"
)


def runs(kept: str, file: str, ended: bool) -> str:
    """What is run, in the words of the table."""
    nothing = kept == "nothing"
    head = Head(number=3, managed=kept == "managed", pinned=kept == "pinned", ended=ended)
    try:
        choice = choose(
            None if nothing else head,
            None if nothing else LAST,
            file=FileState(file),
            digest="old" if kept == "same" else "new",
            source="/other.yaml" if kept == "another file" else "/plant.yaml",
        )
    except StoreError:
        return "refused"
    named = {Runs.FILE: "file", Runs.HEAD: "head", Runs.NOTHING: "refused"}[choice.runs]
    return named + ", reported" * bool(choice.warning)


def test_the_table_is_read() -> None:
    assert len(ROWS) == 18


@pytest.mark.parametrize(("kept", "file", "last", "expected"), ROWS)
def test_a_start_runs_what_the_table_says(kept: str, file: str, last: str, expected: str) -> None:
    for ended in {"orderly": [True], "unclean": [False], "any": [True, False]}[last]:
        assert runs(kept, file, ended) == expected
