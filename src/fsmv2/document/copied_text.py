"""Values that are valid YAML and were damaged on their way from a web page or a word processor.

YAML takes `“edge”` for a text of six characters, and a no-break space at the end for a part of the
name, which then looks like another one. Called by `node_builder` for what stands without quotes.
"""

from __future__ import annotations

import re

from fsmv2.lookalike_characters import (
    ENTRY_MARKS,
    QUOTES,
    lookalike,
    meant,
    straightened,
    why,
    without_quotes,
)

_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:(?!//)\s*(?=\S)")


def copied_text(text: str) -> str:
    """What to write instead of a plain value, as a fix; '' when nothing is wrong with it.

    What is within a text may be meant; quotes around it, and what cannot be seen at its ends, never
    are, and neither is a key with a value in one.
    """
    if text.isascii() or not text:
        return ""
    if quoted := copied_quotes(text):
        return f'Write "{quoted}", with straight quotes.'
    if meant(text[0]).strip() != text[0] and not meant(text[0]).strip():
        return f"Write {straightened(text).strip()}."
    if not meant(text[-1]).strip():
        return f"Write {straightened(text).strip()}."
    straight = straightened(text)
    key = _KEY.match(straight)
    if key is not None and not _KEY.match(text.replace("\u00a0", "")):
        return f"Write {key[1]}: {straight[key.end() :]}"
    if key is not None and not text[: key.end()].isascii():
        return f"Write {key[1]}: {straight[key.end() :]}"
    if text[0] in ENTRY_MARKS and text[1:2].isspace():
        return f"Write - {straight[1:].strip()}"
    return ""


def copied_quotes(text: str) -> str:
    """What stands between typographic quotes; '' when there are none around it."""
    text = text.strip()
    if len(text) > 2 and text[0] in QUOTES and text[-1] in QUOTES:
        return without_quotes(straightened(text)) or straightened(text)[1:-1]
    return ""


def copied_message(text: str) -> str:
    """What is wrong with it."""
    reason = why(lookalike(text))
    return f"the character {reason}." if reason[0] == "'" else f"this{reason[2:]}."
