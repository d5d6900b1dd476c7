"""Instructions name the incarnation that they are for; every kind of report has a writer."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import fsmv2
from fsmv2.core.contract import instructions

INSTRUCTIONS = get_args(instructions.Instruction)

OF_A_PATH = (instructions.DeleteStored, instructions.Report, instructions.SaveOverrides)
"""They hold for the path, whichever instance runs there."""


def test_every_instruction_of_the_file_is_one_that_the_core_can_give() -> None:
    classes = vars(instructions).values()
    defined = [c for c in classes if inspect.isclass(c) and c.__module__ == instructions.__name__]
    assert {*defined} == {*INSTRUCTIONS}


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_an_instruction_is_immutable_and_names_the_incarnation(
    instruction: type[msgspec.Struct],
) -> None:
    assert instruction.__struct_config__.frozen
    assert not instruction.__struct_config__.gc
    assert "path" in instruction.__struct_fields__
    named = "incarnation" in instruction.__struct_fields__
    assert named is (instruction not in OF_A_PATH)


@pytest.mark.reads_source
def test_every_kind_of_report_is_written_somewhere() -> None:
    """A kind that nobody writes would be documented, and filtered by, for nothing."""
    source = "".join(file.read_text() for file in Path(fsmv2.__file__).parent.rglob("*.py"))
    written = {*re.findall(r"(?:report|Report)\(\s*\"(\w+)\"", source)}
    assert written == {*get_args(instructions.ReportKind)}
