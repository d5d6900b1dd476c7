"""A file of commands that were begun, so that a restart of the process executes none of them again.

One line for each: written, and on the disk, before the device is spoken to; and one more when it is
over. What was begun and has no end is what a crash interrupted. Used by `SeenCommands`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.flow.write.command import Answer
from fsmv2.host.private import open_private, private_folder

LINES = 50_000
"""Lines after which the file is written anew with what still counts: some ten megabytes."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command begun at `at`, Unix seconds; over, with this answer; or as if it had never been."""

    tag: str
    id: str
    asked: Any
    at: float
    answer: Answer | None = None
    gone: bool = False


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Line)


class KeptCommands:
    """One file of one flow; OSError where it cannot be read or written."""

    def __init__(self, file: Path, *, keep: float, most: int) -> None:
        """`keep`: seconds for which a command counts; `most`: how many, the oldest go first."""
        self._file = file
        self._keep = keep
        self._most = most
        self._lines = 0

    def load(self) -> list[Line]:
        """What still counts, oldest first. The file is written anew with that."""
        found: dict[tuple[str, str], Line] = {}
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            content = b""
        for one in content.splitlines():
            try:
                line = _DECODER.decode(one)
            except msgspec.MsgspecError:
                continue  # half of a line, of a process that was killed while it wrote
            found.pop((line.tag, line.id), None)
            if not line.gone and time.time() - line.at <= self._keep:
                found[line.tag, line.id] = line
        kept = list(found.values())[-self._most :]
        self._rewrite(kept)
        return kept

    def note(self, line: Line, *, durable: bool, all_of_them: Iterable[Line] | None = None) -> None:
        """Add a line; `durable`: it is on the disk when this returns.

        `all_of_them`: the file is written anew with these first.
        """
        if all_of_them is not None:
            self._rewrite(all_of_them)
        with open(open_private(self._file, os.O_WRONLY | os.O_APPEND), "ab") as file:
            file.write(_ENCODER.encode(line) + b"\n")
            self._lines += 1
            if durable:
                file.flush()
                os.fdatasync(file.fileno())

    @property
    def full(self) -> bool:
        """Whether the file is to be written anew."""
        return self._lines >= LINES

    def _rewrite(self, lines: Iterable[Line]) -> None:
        private_folder(self._file.parent)
        new = self._file.with_suffix(".new")
        encoded = [_ENCODER.encode(line) for line in lines]
        with open(open_private(new, os.O_WRONLY | os.O_TRUNC), "wb") as file:
            file.write(b"".join(one + b"\n" for one in encoded))
            file.flush()
            os.fdatasync(file.fileno())
        new.replace(self._file)
        self._lines = len(encoded)
