"""How the output of a command is compared with what its page says."""

from __future__ import annotations

import pytest
from page_blocks import same


@pytest.mark.parametrize(
    ("page", "real"),
    [
        ("down, for 11 s\n", "down, for 2 min 3 s\n"),
        ("since 15:01:07 (10 s)\n", "since 04:59:59 (1 h 2 min)\n"),
        ("pid 23174 answers on 4222\n", "pid 7 answers on 14222\n"),
        ("a  down   9s\n", "a  down  12s\n"),
        ("at 2026-11-30 15:01:07 UTC\n", "at 2027-01-02 03:04:05\n"),
        ("a\n...\nd\n", "a\nb\nc\nd\n"),
        ("a\n...\n", "a\n"),
        ("a\n...\n", "a\nb\n"),
        ("...\nb\n...\n", "a\nb\nc\n"),
        ("", ""),
        ("...\nd\n", "a b c\nd\n"),
    ],
)
def test_times_and_numbers_may_differ_and_lines_be_left_out(page: str, real: str) -> None:
    assert same(page, real)


@pytest.mark.parametrize(
    ("page", "real"),
    [
        ("a is down\n", "a is up\n"),
        ("a\n", "a\nb\n"),
        ("a\n...\nd\n", "a\nb\n"),
        ("", "error: no tree\n"),
    ],
)
def test_words_may_not(page: str, real: str) -> None:
    assert not same(page, real)
