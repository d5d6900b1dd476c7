"""Texts measured in the columns of a terminal: a Chinese letter takes two, an accent none."""

from __future__ import annotations

import textwrap


def columns(text: str) -> int:
    """How many columns it takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # a command that needs it not is not to load it

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """Filled with spaces up to a width."""
    return text + " " * (width - columns(text))


def cut(text: str, width: int) -> str:
    """As much as fits, with a mark at the end if that is not all."""
    if columns(text) <= width:
        return text
    return f"{_head(text, width - 1)}…" if width > 1 else ""


def cut_before(text: str, width: int) -> str:
    """As much of its end as fits: of a path what is nearest to the worker."""
    if columns(text) <= width:
        return text
    return f"…{_head(text[::-1], width - 1)[::-1]}" if width > 1 else ""


def wrapped(text: str, width: int) -> list[str]:
    """On lines of at most this width, between words where that is possible."""
    if text.isascii():
        return textwrap.wrap(text, width, break_on_hyphens=False)
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while columns(word) > width:
            head = _head(word, width) or word[0]
            lines.append(head)
            word = word[len(head) :]  # noqa: PLW2901  (the rest of it is still to be placed)
        line = word
    return [*lines, line] if line else lines


def _head(text: str, width: int) -> str:
    from rich.cells import get_character_cell_size

    taken = 0
    for number, character in enumerate(text):
        taken += get_character_cell_size(character)
        if taken > width:
            return text[:number]
    return text
