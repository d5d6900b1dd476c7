"""Golden files: sections of a title, a document, and what is said of it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def sections(name: str) -> list[tuple[str, str, str]]:
    """(title, document, messages) of each section of a golden file."""
    found = []
    # Not splitlines(): a document may contain other line breaks.
    for part in (HERE / name).read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, rest = part.partition("\n")
        document, _, said = rest.partition("--- says\n")
        found.append((title, document, said.removesuffix("\n")))
    return found


TYPED = sections("golden_typed.txt")
