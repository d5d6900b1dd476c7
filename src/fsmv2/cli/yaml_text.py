"""Plain data as YAML that people read: what would mislead them is escaped."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from fsmv2.escaping import printable

# PyYAML built without libyaml lacks the fast one; the other writes the same.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_OPTIONS: dict[str, Any] = {"sort_keys": False, "width": 100}


def yaml_text(value: Any) -> str:
    """Plain data as one YAML document, keys in their order."""
    if isinstance(value, dict) and value:
        return "".join(_Pieces().of(value))
    return _dumped(value)


class _Pieces:
    """The YAML of parts of a tree. Bridges of one template share most, which is written once."""

    def __init__(self) -> None:
        self._known: dict[bytes, str] = {}

    def of(self, mapping: dict[str, Any], margin: str = "") -> Iterator[str]:
        """The text of a mapping, in pieces, `margin` to the right."""
        for key, value in mapping.items():
            if isinstance(value, dict) and value:
                yield indent(self._piece(key, {}).removesuffix(" {}\n") + "\n", margin)
                yield from self.of(value, margin + "  ")
            else:
                yield indent(self._piece(key, value), margin)

    def _piece(self, key: str, value: Any) -> str:
        alike = marshal.dumps((key, value), 2)  # the same bytes for what is equal and of one type
        text = self._known.get(alike)
        if text is None:
            text = self._known[alike] = _dumped({key: value})
        return text


def _dumped(piece: Any) -> str:
    """As people write it; where that would mislead who reads it, with all but ASCII escaped."""
    try:
        # Of a thousand bridges the one in Python took more than all else of `render`.
        text = str(yaml.dump(piece, Dumper=_Dumper, allow_unicode=True, **_OPTIONS))
        if "\\U000" in text:  # libyaml escapes what is beyond U+FFFF, which people use in names
            text = str(yaml.safe_dump(piece, allow_unicode=True, **_OPTIONS))
    except UnicodeEncodeError:  # half a pair of UTF-16, which only the one in Python writes
        text = str(yaml.safe_dump(piece, allow_unicode=True, **_OPTIONS))
    # Line separators would be read back as spaces, and marks of direction mislead who reads.
    return text if printable(text) == text else str(yaml.safe_dump(piece, **_OPTIONS))
