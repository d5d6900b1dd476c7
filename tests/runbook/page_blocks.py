"""The commands of the runbook's pages with what is printed below them, and how that is compared.

A block is a fence such as

    ```console tree=crash-loop after=repaired
    $ fsmv2 why edge/recipes
    what that prints
    ```

`tree` is one of `troubled_trees.py`; `after` names what is done to it before. A line `...` stands
for any number of lines.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "runbook"
FENCE = re.compile(r"^```console(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)
LEFT_OUT = "..."


class Command(msgspec.Struct, frozen=True):
    """One command of a block, and what its page says that it prints."""

    words: str
    printed: str


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A fence of a page. `line`: that of its `opening`; `text`: what stands in it."""

    page: str
    line: int
    opening: str
    tree: str
    after: str
    text: str
    commands: tuple[Command, ...]


def blocks() -> Iterator[Block]:
    """All, page by page."""
    for file in sorted(FOLDER.glob("*.md")):
        text = file.read_text()
        for match in FENCE.finditer(text):
            options = dict(word.partition("=")[::2] for word in match[1].split())
            yield Block(
                page=file.name,
                line=text.count("\n", 0, match.start()) + 1,
                opening=f"```console{match[1]}",
                tree=options.get("tree", ""),
                after=options.get("after", ""),
                text=match[2],
                commands=tuple(_commands(match[2])),
            )


def _commands(text: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        words, _, printed = part.partition("\n")
        yield Command(words, printed)


DATE = r"\d{4}-\d\d-\d\d"
CLOCK = r"\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
LENGTH = r"\d+(\.\d+)?( ?(ms|µs|s|min|m|h|d|days?|seconds?|minutes?|hours?))\b"


def plain(text: str) -> str:
    """Without what differs from one run to the next: times, durations, other numbers, spaces."""
    text = re.sub(rf"({DATE}[T ])?\b{CLOCK}|{DATE}", "TIME", text)
    text = re.sub(r"TIME( [A-Z]{3,4}\b)?", "TIME", text)
    text = re.sub(rf"{LENGTH}(\s*{LENGTH})*", "LENGTH", text)
    text = re.sub(r"\d+([.,]\d+)*", "0", text)
    return " ".join(re.sub(r"[-─]{3,}", "---", text).split())


def same(page: str, real: str) -> bool:
    """Whether this is what the page says, `...` aside."""
    parts = re.split(rf"^{re.escape(LEFT_OUT)}$", page, flags=re.MULTILINE)
    kept = [f"{words} " if (words := plain(part)) else "" for part in parts]
    return (
        re.fullmatch(r"(?:.* )?".join(map(re.escape, kept)), f"{plain(real)} ".lstrip()) is not None
    )


def difference(page: str, real: str) -> str:
    """For a message: line by line, what is printed and is not on the page, and the other way."""
    return "\n".join(
        difflib.unified_diff(page.splitlines(), real.splitlines(), "page", "real", lineterm="", n=9)
    )


def rewritten(block: Block, printed: Mapping[str, str]) -> None:
    """Write what commands really print into a page; `printed`: by the words of each."""
    file = FOLDER / block.page
    new = "".join(f"$ {one.words}\n{printed.get(one.words, one.printed)}" for one in block.commands)
    text = file.read_text()
    before = f"{block.opening}\n{block.text}```"
    assert before in text
    file.write_text(text.replace(before, f"{block.opening}\n{new}```", 1))
