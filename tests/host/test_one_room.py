"""What asks something of the machine is in one room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fsmv2"
OF_THE_MACHINE = re.compile(
    r"[\"\']/proc\b|\bflock\(|\bos\.(kill|killpg|pidfd_open|waitpid|replace)\(|^import pwd$",
    re.M,
)
OURS = ("host/", "builtin/process/shim/")
"""The shim is a process of its own, with no more than a few files of the first."""


@pytest.mark.reads_source
def test_no_other_room_asks_the_machine_itself() -> None:
    found = {
        f"{name}: {match[0]}"
        for file in SOURCE.rglob("*.py")
        if not (name := str(file.relative_to(SOURCE))).startswith(OURS)
        for match in OF_THE_MACHINE.finditer(file.read_text())
    }
    assert found == set()
