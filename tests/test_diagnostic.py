"""Diagnostics: what they show of names and values that come from outside."""

from __future__ import annotations

import pytest
from refused_text import refused
from sample_document import node_at, sample_document

from fsmv2.diagnostic import Diagnostic, Mark, Related, quoted
from fsmv2.document import Document, scan_yaml


def test_h84_no_file_name_begins_a_line_of_a_diagnostic() -> None:
    mark = Mark("plant\n2 problems: none.yaml", 3, 1)
    found = Diagnostic(
        code="FSM0100",
        message="no\nfile",
        mark=mark,
        fix="Rename\nit.",
        related=(Related(message="here\ntoo", mark=mark),),
    )
    assert found.render().splitlines() == [
        "plant\\n2 problems: none.yaml:3:1: error[FSM0100]: no\\nfile",
        "plant\\n2 problems: none.yaml:3:1: here\\ntoo",
        "  fix: Rename\\nit.",
    ]


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def test_whatever_cannot_be_shown_is_named_by_its_type() -> None:
    assert quoted(Mute()).startswith("<Mute instance")
    assert quoted(10**5000) == "a int that cannot be shown"
    assert len(quoted("x" * 1_000_000)) < 100


def test_a_long_line_is_shown_around_the_caret_only() -> None:
    message = refused("a: [" + "1, " * 1000 + "012, " + "1, " * 1000 + "]")
    line, caret = message.split("\n")[1:3]
    assert len(line) < 140
    assert line[caret.index("^") :].startswith("012")
    assert caret.count("^") == 3


@pytest.fixture
def document() -> Document:
    return sample_document()


def test_a_caret_stands_below_wide_characters_and_tabs() -> None:
    document = scan_yaml("a: {温度: x, b:\t'é', e\u0301: 5}", "plant.yaml").validated()
    line, caret = node_at(document, "a.b").problem("FSM0126", "no.").render().split("\n")[1:]
    assert line == "1 | a: {温度: x, b:\t'é', e\u0301: 5}"
    assert caret == "    " + " " * 4 + " " * 4 + " " * 7 + "\t^^^"
