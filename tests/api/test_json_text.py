"""Answers hold nothing that a terminal would obey, and half characters break none."""

from __future__ import annotations

import json

import pytest

from fsmv2.api.json_text import json_of


@pytest.mark.parametrize("text", ["a\x1b[31m", "\u202e", "\x9b", "\x7f", "ü 日本", "\u2028"])
def test_what_is_not_printable_is_escaped_and_means_the_same(text: str) -> None:
    raw = json_of({"a": [text]})
    assert raw.decode().isprintable()
    assert json.loads(raw) == {"a": [text]}


def test_half_a_character_is_written_as_what_it_is() -> None:
    assert json.loads(json_of({"name": "a\udcff"})) == {"name": "a\\udcff"}
