"""`docs/reference/changed-messages.md`: what it calls the message of today is one in the source.

A message that is reworded again is corrected on the page, too, or people search for words that no
version prints any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import source_texts

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "changed-messages.md"
ROW = re.compile(r"^\| (?P<b>`+) ?(?P<before>.+?) ?(?P=b) \| (?P<n>`+) ?(?P<now>.+?) ?(?P=n) \|$")


def rows() -> Iterator[tuple[int, str]]:
    """Line and message of today, of each row of the page."""
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| `"):
            row = ROW.match(line)
            assert row, f"{PAGE.name}:{number} is not a row of two messages"
            yield number, row["now"].replace(r"\|", "|")


def test_each_message_of_today_is_in_the_source() -> None:
    source = source_texts.of_source()
    gone = [
        f"{PAGE.name}:{line}: {now}" for line, now in rows() if not source_texts.occurs(now, source)
    ]
    assert gone == [], "reword these on the page as the source has them now"


def test_the_page_says_how_many_messages_it_has() -> None:
    stated = re.search(r"(\d+) messages", PAGE.read_text(encoding="utf-8"))
    assert stated
    assert int(stated[1]) == sum(1 for _ in rows())
