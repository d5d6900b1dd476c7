"""Values and keys that other programs call otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
import pytest

from fsmv2.document import scan_yaml
from fsmv2.model.decoder import decode
from fsmv2.model.decoder.other_words import OtherWords, meant_key, other_names

SIZES = OtherWords({"big_one": "Write large.", "int": "Write small, or large."})


class Box(msgspec.Struct, frozen=True, kw_only=True):
    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(size="extent width_of_it", command="cmd")

    size: Annotated[Literal["small", "large"], SIZES] = "small"
    command: str = ""
    cwd: str = ""


def fix(text: str) -> str:
    (problem,) = decode(scan_yaml(text, "p.yaml").root, Box)[1]
    return problem.fix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size: Big-One", "Write large."),
        ("size: big one", "Write large."),
        ("size: int", "Write small, or large."),
        ("size: LARGE", "Did you mean large?"),
        ("size: smal", "Did you mean small?"),
        ("size: red", "Write one of small, large."),
        ("extent: large", "Did you mean 'size'? Known: command, cwd, size."),
        ("Width-of-it: large", "Did you mean 'size'? Known: command, cwd, size."),
        ("cmd: x", "Did you mean 'command'? Known: command, cwd, size."),
        ("colour: x", "Known: command, cwd, size."),
    ],
)
def test_what_was_meant_is_proposed_by_its_meaning(text: str, said: str) -> None:
    assert fix(text) == said


def test_a_struct_may_have_no_other_names() -> None:
    class Plain(msgspec.Struct):
        a: int

    assert meant_key(Plain, "b") == ""
