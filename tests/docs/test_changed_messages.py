"""`docs/reference/changed-messages.md`: what it calls the message of today is one in the source.

A message that is reworded again is corrected on the page, too, or people search for words that no
version prints any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "changed-messages.md"
ROW = re.compile(r"^\| (?P<b>`+) ?(?P<before>.+?) ?(?P=b) \| (?P<n>`+) ?(?P<now>.+?) ?(?P=n) \|$")
VALUE = "…"


def one_line(text: str) -> str:
    return " ".join(text.split())


def rows() -> Iterator[tuple[int, str]]:
    """Line and message of today, of each row of the page."""
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| `"):
            row = ROW.match(line)
            assert row, f"{PAGE.name}:{number} is not a row of two messages"
            yield number, row["now"].replace(r"\|", "|")


def texts_of_source() -> Iterator[str]:
    """Each string of the source on a line of its own, with `…` for the values in it."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        parts: set[int] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                parts.update(map(id, node.values))
                yield one_line(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else VALUE
                        for part in node.values
                    )
                )
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in parts
            ):
                yield one_line(node.value)


def occurs(message: str, source: str) -> bool:
    """Whether one string of the source has the fixed parts of the message, in their order."""
    parts = [one_line(part) for part in message.split(VALUE)]
    longest = max(parts, key=len)
    in_order = re.compile(".*".join(map(re.escape, parts)))
    at = source.find(longest)
    while at >= 0:
        end = source.find("\n", at)
        if in_order.search(source[source.rfind("\n", 0, at) + 1 : end]):
            return True
        at = source.find(longest, end)
    return False


def test_each_message_of_today_is_in_the_source() -> None:
    source = "\n".join(texts_of_source()) + "\n"
    gone = [f"{PAGE.name}:{line}: {now}" for line, now in rows() if not occurs(now, source)]
    assert gone == [], "reword these on the page as the source has them now"


def test_the_page_says_how_many_messages_it_has() -> None:
    stated = re.search(r"(\d+) messages", PAGE.read_text(encoding="utf-8"))
    assert stated
    assert int(stated[1]) == sum(1 for _ in rows())
