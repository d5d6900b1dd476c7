"""`fsmv2.lookalike_characters`: what a character looks like, and what it is."""

from __future__ import annotations

import pytest

from fsmv2.lookalike_characters import lookalike, straightened, why, without_quotes


@pytest.mark.parametrize(
    ("text", "found", "straight"),
    [
        ("\u201cedge\u201d", "\u201c", '"edge"'),
        ("1\u00a0s", "\u00a0", "1 s"),
        ("p\u200blc", "\u200b", "plc"),
        ("\u22125", "\u2212", "-5"),
        ("n\u0430me", "\u0430", "name"),
        ("\uff11", "\uff11", "1"),
        ("a\u2026", "\u2026", "a..."),
        ("plain", "", "plain"),
        ("F\u00fcllstand \u00b0C", "", "F\u00fcllstand \u00b0C"),
    ],
)
def test_what_was_meant(text: str, found: str, straight: str) -> None:
    assert lookalike(text) == found
    assert straightened(text) == straight


def test_a_word_of_another_alphabet_is_no_mistake() -> None:
    """Only among Latin letters is a Cyrillic one taken for a slip."""
    assert lookalike("\u0438\u043c\u044f") == ""


@pytest.mark.parametrize(
    ("character", "words"),
    [
        ("\u201c", "'\u201c' is U+201C (left double quotation mark), not a plain quote"),
        ("\u2013", "'\u2013' is U+2013 (en dash), not '-'"),
        ("\u00a0", "it has U+00A0 (no-break space) in it, not a plain space"),
        ("\u200b", "it has an invisible character in it, U+200B (zero width space)"),
        ("\u0430", "'\u0430' is U+0430 (cyrillic small letter a), not 'a'"),
    ],
)
def test_the_character_is_named(character: str, words: str) -> None:
    assert why(character) == words


def test_quotes_around_a_text_are_taken_away() -> None:
    assert without_quotes(' "a" ') == "a"
    assert without_quotes("'a\"") == "'a\""
    assert without_quotes('"') == '"'
