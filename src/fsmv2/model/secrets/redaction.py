"""Secrets are found in a text and replaced: whole, encoded, taken apart, or cut off.

Who makes a text out of a secret does not know that it is one: a URL is split at its first `@`, a
reason is cut to 200 characters, a host is put in lower case. What is left of a secret is one still.
A part that is a plain word is left alone: to replace it would make rubbish of every other text.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 4
"""Characters from which a secret, or a part of one, is looked for; else texts become rubbish."""
WORD = 12
"""Characters from which a part is looked for even if it is a plain word."""
CUT = 8
"""Characters of a cut secret from which it is known again, or half of it if that is less."""
MOST_PARTS = 6
"""Delimiters up to which each part between any two of them is looked for."""

_DELIMITER = re.compile(r"[@:/#?&\r\n]")
_ESCAPE = re.compile("%[0-9A-F]{2}")
_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]*|[A-Z]*|[0-9.]*")


def forms(value: str) -> set[str]:
    """What stands for a whole value, or for a part of it that tells."""
    inside = (_inside_base64(value), _in_hex(value))
    return _encoded(value).union(*inside, *(_encoded(part) for part in _parts(value)))


def _encoded(value: str) -> set[str]:
    """Plain, escaped, in a URL, decoded from one, in lower case, in HTML, as base64."""
    in_url = {quote(value, safe=""), quote(value), quote_plus(value)}
    found = {
        value,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
        *in_url,
        *(_ESCAPE.sub(lambda escape: escape[0].lower(), text) for text in in_url),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }
    changed = {unquote(value), value.lower()} - {value}
    return found | {text for text in changed if is_distinctive(text)}


def _inside_base64(value: str) -> set[str]:
    """Encoded with something before and behind it, as a user and a colon in HTTP.

    Four characters stand for three bytes: there are three ways to begin, and the characters at both
    ends that are made of other bytes, too, are left out.
    """
    found = set()
    for before, mixed in ((0, 0), (1, 2), (2, 3)):
        whole = bytes(before) + value.encode()
        end = len(whole) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(whole).decode()[mixed:end])
    return {text for text in found if len(text) >= CUT}


def _in_hex(value: str) -> set[str]:
    """As protocols and programs dump what they send."""
    data = value.encode()
    lower = {data.hex(), *(data.hex(separator) for separator in " :")}
    return lower | {text.upper() for text in lower}


def _parts(value: str) -> set[str]:
    """What is left where it was split at the delimiters of a URL, or at line ends."""
    cuts = [found.start() for found in _DELIMITER.finditer(value)]
    if not cuts:
        return set()
    edges = [-1, *cuts, len(value)]
    pairs = [
        (start, end)
        for number, start in enumerate(edges)
        for end in (edges[number + 1 :] if len(cuts) <= MOST_PARTS else edges[number + 1 :][:1])
    ]
    return {part for start, end in pairs if is_distinctive(part := value[start + 1 : end])}


def is_distinctive(part: str) -> bool:
    """Whether a part is looked for: long enough, and no plain word or number."""
    if len(part) < SHORTEST:
        return False
    return len(part) >= WORD or _PLAIN_WORD.fullmatch(part) is None


class Cut(NamedTuple):
    """How the beginning and the end of a form are known again when the rest was cut off."""

    form: str
    head: str
    tail: str
    token: str


def cuts(value: str, token: str) -> list[Cut]:
    """One for each whole form whose beginning and end tell."""
    made = []
    for form in _encoded(value):
        size = min(CUT, (len(form) + 1) // 2)
        if is_distinctive(form[:size]) and is_distinctive(form[-size:]):
            made.append(Cut(form, form[:size], form[-size:], token))
    return made


def without_cut(text: str, cut: Cut) -> str:
    """`text` with the token in place of each beginning and each end of the form."""
    form, head, tail, token = cut
    size, at = len(head), 0
    while (at := text.find(head, at)) >= 0:
        end = size
        while end < len(form) and text.startswith(form[end], at + end):
            end += 1
        text = f"{text[:at]}{token}{text[at + end :]}"
        at += len(token)
    at = 0
    while (at := text.find(tail, at)) >= 0:
        begin = 0
        while size + begin < len(form) and text[:at].endswith(form[-size - begin - 1 : -size]):
            begin += 1
        text = f"{text[: at - begin]}{token}{text[at + size :]}"
        at += len(token) - begin
    return text


def redacted(
    text: str, pairs: Sequence[tuple[str, str]], cut_off: Sequence[Cut], *, keep: re.Pattern[str]
) -> str:
    """`text` with each form of a secret replaced by its token; `pairs` of them, longest first.

    `keep` matches what stands for a secret already: its letters may look like a cut-off one.
    """
    for form, token in pairs:
        if form in text:
            text = text.replace(form, token)
    for cut in cut_off:
        if cut.head in text or cut.tail in text:
            pieces = keep.split(text)
            pieces[::2] = [without_cut(piece, cut) for piece in pieces[::2]]
            text = "".join(pieces)
    return text
