"""Values as the JSON of an answer: no text in it, whoever wrote it, moves a reader's cursor."""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.escaping import printable, printable_json
from fsmv2.model.data.text_map import map_texts


def json_of(value: Any) -> bytes:
    """As JSON, with control characters and marks of writing direction escaped."""
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a character, as in a file name that is not UTF-8
        raw = msgspec.json.encode(map_texts(msgspec.to_builtins(value), printable))
    return printable_json(raw.decode()).encode()
