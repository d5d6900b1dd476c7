"""A file of commands that were begun, so that a restart of the process executes none of them again.

One line for each: written, and on the disk, before the device is spoken to; and one more when it is
over. What was begun and has no end is what a crash interrupted. Used by `SeenCommands`.

How long ago that was is measured by a clock that begins with the machine and that nobody sets. The
wall clock may jump by years at its first answer from a time server, so it is never asked: what was
begun before a restart of the machine counts from the moment it is read, which keeps it for longer
than was promised, and never for less.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.flow.commands.write_command import CommandReply
from fsmv2.host.private import private_folder, replace_private
from fsmv2.host.procfs import boot

LINES = 50_000
"""Lines, beside two for each command that still counts, after which the file is rewritten."""

FULL = (errno.ENOSPC, errno.EDQUOT)


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command begun at `at`, Unix seconds; over, with this answer; or as if it had never been.

    `up`: when it was begun in seconds of `steady`, which count only in the same run of the machine,
    `boot`. `at` is for people. `subject`: what stood before the tag where the command was received.
    """

    tag: str
    id: str
    asked: Any
    at: float
    answer: CommandReply | None = None
    gone: bool = False
    up: float = 0.0
    boot: str = ""
    subject: str = ""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Line)


def files_by_subject(folder: Path) -> dict[str, set[Path]]:
    """The files in a folder that hold commands of a subject; OSError where one cannot be read."""
    found: dict[str, set[Path]] = {}
    for file in folder.glob("*.jsonl"):
        for one in file.read_bytes().splitlines():
            try:
                subject = _DECODER.decode(one).subject
            except msgspec.MsgspecError:
                continue
            if subject:
                found.setdefault(subject, set()).add(file)
    return found


class KeptCommands:
    """One file of one flow; OSError where it cannot be read or written."""

    def __init__(self, file: Path, *, keep: float) -> None:
        """`keep`: seconds for which a command counts."""
        self._file = file
        self._keep = keep
        self._lines = 0
        self._one = threading.Lock()  # what is answered and what begins may meet at a stop
        self.boot = boot()

    def load(self, now: float) -> list[Line]:
        """What still counts, oldest first, with `up` in seconds of this run of the machine.

        The file is rewritten with that; on a full disk it stays as it is.
        """
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
            if not self.boot or line.boot != self.boot or line.up > now:
                line = msgspec.structs.replace(line, up=now, boot=self.boot)
            if not line.gone and now - line.up <= self._keep:
                found[line.tag, line.id] = line
        kept = sorted(found.values(), key=lambda line: line.up)
        try:
            self._rewrite(kept)
        except OSError as error:
            if error.errno not in FULL:
                raise
            # What is to be added fails by itself, command by command, until there is space.
            self._lines = content.count(b"\n")
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self._file, whole)  # else the next line would go on with half of one
        return kept

    def note(self, line: Line, *, durable: bool, all_of_them: Iterable[Line] | None = None) -> None:
        """Add a line; `durable`: it is on the disk when this returns.

        `all_of_them`: the file is rewritten with these first. FileNotFoundError: it, or its
        folder, was removed meanwhile, and must be written anew.
        """
        with self._one:
            if all_of_them is not None:
                self._rewrite(all_of_them)
            file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            try:
                self._append(file, _ENCODER.encode(line) + b"\n")
                if durable:
                    os.fdatasync(file)
            finally:
                os.close(file)

    def write_again(self, lines: Iterable[Line]) -> None:
        """Write a new file with these, in a folder made anew where it was removed."""
        with self._one:
            self._rewrite(lines)

    def full(self, counting: int) -> bool:
        """Whether the file is to be written anew, when so many commands still count."""
        return self._lines >= LINES + 2 * counting

    def _append(self, file: int, line: bytes) -> None:
        """Add a line, or nothing: half of one would make the next one unreadable, too."""
        before = os.fstat(file).st_size
        try:
            _write(file, line)
        except OSError:
            os.ftruncate(file, before)
            raise
        self._lines += 1

    def _rewrite(self, lines: Iterable[Line]) -> None:
        private_folder(self._file.parent)
        encoded = [_ENCODER.encode(line) + b"\n" for line in lines]
        replace_private(self._file, b"".join(encoded))
        self._lines = len(encoded)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
