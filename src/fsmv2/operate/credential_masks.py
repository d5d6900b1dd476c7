"""Finds what looks like a credential in the text of a document, and puts something in its place.

A text is masked line by line, and need not be valid: it may be shown while it is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from fsmv2.diagnostic import Diagnostic

MASK = "***"

_CREDENTIAL = re.compile(
    r"(?P<key>\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|credential|authorization|cookie)[\w-]*"
    r"[\"']?\s*:[ \t]+)"
    r"(?P<value>(?![{&*]|[\"']?\{\{)[^\s#,}\]][^#,}\]\n]*)",
    re.IGNORECASE,
)
_IN_WEBHOOK = re.compile(
    r"(?P<key>\b(?:webhook|url)[\"']?\s*:[ \t]+[\"']?https?://[^\s/\"']+/)(?P<path>[^\s\"',}\]]+)",
    re.IGNORECASE,
)
"""The path of a webhook's address is often all that keeps others out."""
_IN_URL = re.compile(
    r"(?P<key>\b[a-z][a-z0-9+.-]*://[^\s/@:]+:)(?P<secret>[^\s/@]+)(?=@)", re.IGNORECASE
)


def masked(text: str) -> str:
    """The text of a document with the credentials in it replaced, where they look like some."""
    return replaced(text, lambda _: MASK)


def replaced(text: str, mask: Callable[[str], str]) -> str:
    """The text with `mask` of each credential in its place.

    What was put in the place of one may be part of what `mask` is given next.
    """

    def put(found: re.Match[str]) -> str:
        value = found[2]
        kept = value.rstrip()
        return found["key"] + mask(kept) + value[len(kept) :]

    lines: list[str] = []
    inside: int | None = None  # the indentation of a key whose block of text is masked
    for line in text.splitlines(keepends=True):
        kept = line.strip()
        indent = len(line) - len(line.lstrip())
        if inside is not None and (not kept or indent > inside):
            lines.append(line.replace(kept, mask(kept), 1) if kept else line)
            continue
        inside = None
        found = _CREDENTIAL.search(line)
        if found is not None and found["value"][0] in "|>":
            inside = indent
            lines.append(line)
            continue
        shown = _IN_WEBHOOK.sub(put, _IN_URL.sub(put, line))
        lines.append(_CREDENTIAL.sub(put, shown))
    return "".join(lines)


def without_credentials(diagnostic: Diagnostic) -> Diagnostic:
    """The problem without the line of the document, if that has a credential in it."""
    if masked(diagnostic.source) == diagnostic.source:
        return diagnostic
    return msgspec.structs.replace(diagnostic, source="")
