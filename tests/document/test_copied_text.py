"""Text that was damaged when it was copied: the fix is about the character."""

from __future__ import annotations

import pytest
from refused_text import problems

QUOTE = "the character '\u201c' is U+201C (left double quotation mark), not a plain quote."
SPACE = "this has U+00A0 (no-break space) in it, not a plain space."


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("name: \u201cedge\u201d", QUOTE, 'Write "edge", with straight quotes.'),
        ("\u201cname\u201d: edge", QUOTE, "Write name."),
        ("type: int16\u00a0", SPACE, "Write int16."),
        ("unit: \u00a01", SPACE, "Write 1."),
        (
            "template: plc\u200b",
            "this has an invisible character in it, U+200B (zero width space).",
            "Write plc.",
        ),
        ("- name:\u00a0edge", SPACE, "Write name: edge"),
        (
            "- name\uff1aedge",
            "the character '\uff1a' is U+FF1A (fullwidth colon), not ':'.",
            "Write name: edge",
        ),
        (
            "- \u2022 filler",
            "the character '\u2022' is U+2022 (bullet), not '-'.",
            "Write - filler",
        ),
    ],
)
def test_the_character_is_the_mistake(text: str, message: str, fix: str) -> None:
    (problem,) = [one for one in problems(text) if one.code == "FSM0119"]
    assert (problem.message, problem.fix) == (message, fix)


@pytest.mark.parametrize(
    "text",
    [
        "name: F\u00fcllstand",
        "note: 20\u00a0\u00b0C warm",
        'name: "\u201cedge\u201d"',
        "name: l\u2019eau",
        "name: \u0438\u043c\u044f",
        "url: http://a.example/\u2013",
    ],
)
def test_what_may_be_meant_is_left_alone(text: str) -> None:
    assert problems(text) == []
