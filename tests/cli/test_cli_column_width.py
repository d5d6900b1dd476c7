"""Texts in columns of a terminal, wide letters among them."""

from __future__ import annotations

from fsmv2.cli.column_width import columns, cut, cut_before, padded, wrapped
from fsmv2.cli.columns import lines_of

PRESS = "プレス"


def test_a_wide_letter_takes_two_columns_and_an_accent_none() -> None:
    assert [columns(text) for text in ("press", PRESS, "e\u0301", "")] == [5, 6, 1, 0]
    assert padded(PRESS, 8) == f"{PRESS}  "


def test_a_text_is_cut_before_a_letter_that_has_no_space() -> None:
    assert [cut(PRESS, width) for width in (6, 5, 4, 2, 1, 0)] == [
        *(PRESS, "プレ…", "プ…", "…", "", ""),
    ]
    assert cut("press", 4) == "pre…"
    assert [cut_before(f"edge/{PRESS}", width) for width in (11, 8, 6, 2, 1)] == [
        *(f"edge/{PRESS}", f"…/{PRESS}", "…レス", "…", ""),
    ]


def test_a_text_is_wrapped_between_words_or_else_where_it_must() -> None:
    text = f"{PRESS} is down {PRESS * 3}"
    assert wrapped(text, 12) == [f"{PRESS} is", "down", PRESS * 2, PRESS]
    assert all(columns(line) <= 7 for line in wrapped(text, 7))
    assert wrapped("", 10) == wrapped("é" * 0, 10) == []
    assert wrapped(PRESS, 1) == ["プ", "レ", "ス"], "narrower than any letter"


def test_columns_stay_straight_below_wide_letters() -> None:
    lines = list(lines_of(("NAME", "STATE"), [(PRESS, "down"), ("press", "up")]))
    starts = zip(lines, ("STATE", "down", "up"), strict=True)
    assert {columns(line[: line.index(word)]) for line, word in starts} == {8}
