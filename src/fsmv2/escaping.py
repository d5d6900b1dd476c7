"""Text from outside, made fit to be shown: no device, command, process or file name moves a cursor.

A terminal obeys control characters and escape sequences, also those of the range C1 (U+009B begins
one, too); marks of writing direction and line separators make a line read as another one. What is
not printable is written as Python would write it: `\\x1b`. Applied where text leaves for a screen
or a log, so that nobody who makes a message has to remember it. Imports nothing of fsmv2.
"""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """`text` with everything that a terminal would obey or hide escaped; line ends and tabs stay.

    The same object when there is nothing to escape, so that calling it twice costs little.
    """
    if _is_printable(text):
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def printable_line(text: str) -> str:
    """As `printable`, on one line: a line end would let a text pretend to be the next entry."""
    if text.isprintable():
        return text
    return printable(text.replace("\n", "\\n"))


def not_utf8(error: UnicodeEncodeError) -> str:
    """The text with bytes that are not UTF-8, which cannot be written; empty: it is another error.

    Words of the command line and names of files may have such bytes, as surrogates in a str.
    """
    if not "\udc80" <= error.object[error.start] <= "\udcff":
        return ""
    around = error.object[max(0, error.start - 60) : error.start + 60]
    return repr(around.encode("utf-8", "surrogateescape"))[1:]


def printable_json(text: str) -> str:
    """A JSON document that means the same, with what is not printable written as `\\u001b`.

    Outside of strings JSON has no such characters, so every one found may become an escape.
    """
    if _is_printable(text):
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _units(c) for c in text)


def _is_printable(text: str) -> bool:
    """Whether there is nothing but line ends and tabs to escape; of megabytes in milliseconds."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def _escaped(character: str) -> str:
    # Spaces of other scripts are harmless, and are how some languages write.
    return character if unicodedata.category(character) == "Zs" else ascii(character)[1:-1]


def _units(character: str) -> str:
    """As JSON escapes it: above U+FFFF in two units of UTF-16."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
