"""Text from outside: what a terminal would obey is escaped, and nothing else is touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmv2.escaping import not_utf8, printable, printable_json, printable_line

OBEYED = {
    "an escape sequence": "\x1b[31m",
    "the title of a terminal": "\x1b]0;TITLE\x07",
    "a sequence of C1": "\x9b31m",
    "a carriage return": "\r",
    "backspaces": "\b\b",
    "delete": "\x7f",
    "a mark of direction": "\u202e",
    "an isolate of direction": "\u2066",
    "a line separator": "\u2028",
    "a paragraph separator": "\u2029",
    "next line": "\x85",
    "a tag character": "\U000e0041",
    "half a pair": "\ud83d",
}


@pytest.mark.parametrize("what", OBEYED)
def test_h84_what_a_terminal_obeys_is_escaped(what: str) -> None:
    shown = printable(f"before{OBEYED[what]}after")
    assert shown.isprintable()
    assert shown.startswith("before\\")
    assert shown.endswith("after")


def test_ordinary_text_is_the_same_object() -> None:
    text = "Füllstation 3 \u00b0C 機械\u3000é"
    assert printable(text) == text
    assert printable("plain") is printable("plain")
    assert printable("two\n\tlines") == "two\n\tlines"


def test_h84_a_line_end_begins_no_entry_of_its_own() -> None:
    assert printable_line("a\nERROR b") == "a\\nERROR b"


@given(st.text(st.characters()), st.text(st.characters()))
def test_h84_json_means_the_same_and_is_printable(key: str, value: str) -> None:
    text = json.dumps({key: value}, ensure_ascii=False)
    shown = printable_json(text)
    assert shown.isprintable()
    assert json.loads(shown) == {key: value}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("caf\udce9.yaml", r"'caf\xe9.yaml'"), ("\ud800", ""), ("x" * 500 + "\udcff" + "y" * 500, "")],
)
def test_a_text_that_is_not_utf8_is_quoted_with_its_bytes(text: str, shown: str) -> None:
    with pytest.raises(UnicodeEncodeError) as raised:
        text.encode()
    found = not_utf8(raised.value)
    assert found == shown or (len(text) > 500 and len(found) < 150 and r"\xff" in found)
