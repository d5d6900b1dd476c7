"""`-` in the place of a document: it is what comes on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from fsmv2.cli.console import progress

STANDARD_INPUT = Path("-")
NAME = Path("standard input")
"""What messages call it; what is relative in it is so to the current folder."""


def standard_input() -> bytes:
    """All of it; a terminal is asked for its end first."""
    if sys.stdin.isatty():
        progress("reading the document from this terminal; end it with Ctrl-D")
    return sys.stdin.buffer.read()


def named_or_input(document: Path) -> tuple[Path, bytes | None]:
    """The document that is named; or what messages call standard input, and what came there."""
    return (NAME, standard_input()) if document == STANDARD_INPUT else (document, None)
