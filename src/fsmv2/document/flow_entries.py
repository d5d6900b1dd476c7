"""Entries between braces that YAML takes apart elsewhere than meant: `{scale: 0,1}`, `{area:hall}`.

To YAML a comma ends an entry, also within a number, and a colon without a space behind it is part
of a word. What remains is an entry without a value. Called by `node_builder`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fsmv2.diagnostic import Mark
from fsmv2.document.document import Document
from fsmv2.document.yaml_events import Raw

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]{3})*\Z")
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?\Z")
_JOINED = re.compile(r"([A-Za-z_][\w-]*)\s*[:=]\s*(\S.*)\Z")


class Mistake(NamedTuple):
    """One entry that was meant otherwise: where, what is wrong, and what to write."""

    mark: Mark
    length: int
    message: str
    fix: str


class FlowEntries:
    """The entries of one mapping in braces, looked at one after the other."""

    def __init__(self, document: Document, mapping: Raw) -> None:
        line = document.line(mapping.line)
        self._in_braces = line[mapping.column - 1 : mapping.column] == "{"
        self._document = document
        self._key = ""
        self._number: tuple[int, int, str] | None = None  # line, column, text
        self._parts: list[str] = []

    def mistake(self, key: Raw, value: Raw) -> Mistake | None:
        """What is wrong with this entry, as far as it is of this kind; such are to be left out.

        '' as the message: it belongs to the mistake before it.
        """
        if not self._in_braces or key.kind != "scalar" or not key.plain:
            return None
        if not value.is_nothing or self._has_colon(key):
            self._remember(key, value)
            return None
        if self._number is not None and _DIGITS.match(key.value) and self._follows(key):
            return self._comma(key)
        self._number = None
        if (joined := _JOINED.match(key.value)) is not None:
            return Mistake(
                key.mark(self._document),
                key.length,
                f"'{key.value}' is one word to YAML: a colon needs a space after it."
                if ":" in joined[0][: joined.end(1) + 2]
                else f"'{key.value}' is one word to YAML: a key ends with a colon, not with =.",
                f"Write `{joined[1]}: {joined[2]}`.",
            )
        return None

    def _remember(self, key: Raw, value: Raw) -> None:
        self._key, self._number, self._parts = key.value, None, []
        if value.kind == "scalar" and value.plain and _NUMBER.match(value.value):
            self._number = (value.line, value.column + value.length, value.value)
            self._parts = [value.value]

    def _has_colon(self, key: Raw) -> bool:
        rest = self._document.line(key.line)[key.column - 1 + key.length :]
        return rest.lstrip().startswith(":")

    def _follows(self, key: Raw) -> bool:
        """Whether nothing but a comma stands between the number and this."""
        line, end, _ = self._number or (0, 0, "")
        return line == key.line and key.column == end + 1

    def _comma(self, key: Raw) -> Mistake:
        line, _, first = self._number or (0, 0, "")
        self._parts.append(key.value)
        self._number = (line, key.column + key.length, first)
        rest = self._document.line(line)[key.column - 1 + key.length :]
        if re.match(r",[0-9]", rest):  # more of it comes
            return Mistake(key.mark(self._document), 0, "", "")
        text = ",".join(self._parts)
        start = key.column + key.length - len(text)
        return Mistake(
            Mark(self._document.name, line, start),
            len(text),
            f"the comma in {text} ends the entry, so `{self._key}` would be {first}.",
            _without_commas(self._parts),
        )


def _without_commas(parts: list[str]) -> str:
    if "." in parts[-1]:  # 1,000.5
        return f"Write {''.join(parts)}."
    if "." in parts[0]:  # 1.000,5
        return f"Write {parts[0].replace('.', '')}.{parts[1]}."
    if len(parts) == 4:
        return f"Write {'.'.join(parts)}."
    whole, decimal = "".join(parts), f"{parts[0]}.{parts[1]}"
    if len(parts) > 2:
        return f"Write {whole}."
    if len(parts[1]) == 3 and parts[0].lstrip("+-0"):
        return f"Write {decimal} with a point for decimals, or {whole} for thousands."
    return f"Write {decimal}."
