"""The naming rule of the namespace: what may stand between two separators of a path.

Levels of a location, parts of a virtual path and tag names become parts of a NATS subject and of
an MQTT topic, so neither separators nor wildcards of either may be in them. Called by location.py,
document loading, and flows that publish.
"""

from __future__ import annotations

import re
import unicodedata

from fsmv2.diagnostic import quoted
from fsmv2.errors import LocationError

UNKNOWN = "unknown"  # what stands for a missing level; nobody may use it as a name
_UNCLEAN = re.compile(r"[./*>+#\s\x00-\x1f\x7f]+")
# Printable for Python, and seen by nobody: fillers, joiners, selectors of a variant, a blank.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_EDGES = re.compile(r"^-+|-+$")


def clean_name_part(value: str) -> str:
    """`value` made to fit the rule, as proposed in errors; empty when nothing usable is left."""
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in value)
    text = unicodedata.normalize("NFC", _HIDDEN.sub("", text))
    cleaned = _EDGES.sub("", _UNCLEAN.sub("-", text))
    return "" if cleaned == UNKNOWN else cleaned


def has_first_level(location_path: str) -> bool:
    """Whether a location's path begins with its enterprise, as what publishes by it needs."""
    return location_path.partition(".")[0] not in ("", UNKNOWN)


def check_name_part(value: object, what: str, *, path: str = "") -> str:
    """`value` trimmed, when it may be one part of a namespace path.

    Raises LocationError, naming `what` and proposing a cleaned value, when it is not text, empty,
    the reserved `unknown`, or has `.`, `/`, a wildcard (`*`, `>`, `+`, `#`), white space or an
    unprintable or invisible character in it; and when its accents are not composed (Unicode NFC),
    since two names that look the same must be the same.
    """
    if type(value) is not str:
        # Numbers and booleans are refused: the text a person wrote (`0123`, `no`) is lost in them.
        shown = f'Quote it: "{quoted(value)}".' if isinstance(value, int | float) else ""
        raise LocationError(f"The {what} is {quoted(value)}, expected text.", path=path, fix=shown)
    text = value.strip()
    if not text:
        raise LocationError(
            f"The {what} is empty.", path=path, fix="Give it a name, or leave it out."
        )
    if text == UNKNOWN:
        raise LocationError(
            f"The {what} is '{UNKNOWN}', which is reserved for a level that is missing.",
            path=path,
            fix="Use another name, or leave it out.",
        )
    if _UNCLEAN.search(text) or not text.isprintable():
        cleaned = clean_name_part(text)
        raise LocationError(
            f"The {what} {quoted(value)} has a character that is not allowed in a topic: '.', '/', "
            "a wildcard (* > + #), a space or a control character.",
            path=path,
            fix=f"Use '{cleaned}'." if cleaned else "Use letters, digits, '-' and '_'.",
        )
    if not text.isascii() and (found := _looks_like_another(text)):
        raise LocationError(
            f"The {what} {quoted(value)} {found}, so it looks like another name and is none.",
            path=path,
            fix=f"Use '{clean_name_part(text)}'." if clean_name_part(text) else "Type it again.",
        )
    return text


def _looks_like_another(text: str) -> str:
    """Why a name is the same to the eye as one that is another; '' when it is not."""
    if (hidden := _HIDDEN.search(text)) is not None:
        return f"has the invisible character U+{ord(hidden[0]):04X} in it"
    if not unicodedata.is_normalized("NFC", text):
        return "is written with accents apart from their letters"
    return ""
