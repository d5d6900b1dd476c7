"""`process.json`: what the keeper writes down of its command, for whoever comes later.

Written by hand: the `json` module would cost a megabyte of each keeper. Read by `process.record`.
Its space is kept ahead: a full disk keeps no process from being started again.
"""

from __future__ import annotations

import fcntl
import os
from errno import ENOENT, ENOSPC

FILE = "process.json"
BLOCK = 4096
"""Bytes of a record, with spaces at its end: what the disk gives out at least."""
TRIES = 3


class Record:
    """The facts, each change of which is on the disk when the call returns."""

    def __init__(self, directory: str, pid: int, start_time: int, **facts: object) -> None:
        """`facts`: digest, boot, started_at, keeper, keeper_start."""
        self._file = os.path.join(directory, FILE)
        self._facts: dict[str, object] = {"pid": pid, "start_time": start_time, **facts}
        self._unsaved = False
        self.homeless = False
        """Whether its folder is gone."""

    def note(self, **facts: object) -> None:
        """Add facts; what a full disk does not take is tried again with the next `save`."""
        self._facts.update(facts)
        self._unsaved = True
        self.save()

    def save(self) -> None:
        """Write what has not been written; a reader sees all of it or nothing."""
        if not self._unsaved:
            return
        text = ",".join(f'"{name}":{_json(value)}' for name, value in self._facts.items())
        try:
            put(self._file, f"{{{text}}}".encode())
            self._unsaved = False
        except OSError as error:
            self.homeless = error.errno == ENOENT

    @property
    def saved(self) -> bool:
        """Whether everything is on the disk."""
        return not self._unsaved

    def forget(self) -> None:
        """Nothing ever ran."""
        try:
            os.unlink(self._file)
        except OSError:
            pass


def put(file: str, text: bytes) -> None:
    """Make `text` the content of a file; a reader sees all of it or what was before.

    Two files take turns: the new content is written over the one that is not read, `.spare`, which
    then takes the other's name, and the other its. So no more space is taken than the first time,
    and on a full disk it works, too. OSError: there was no space even the first time.
    """
    spare, other = f"{file}.spare", f"{file}.other"
    descriptor = _locked(spare, other)
    try:
        padded = text.ljust(BLOCK - 1) + b"\n"
        if os.pwrite(descriptor, padded, 0) < len(padded):
            raise OSError(ENOSPC, "the disk is full")
        os.ftruncate(descriptor, len(padded))
        _unlink(other)
        try:
            os.link(file, other)  # its space is kept while its name is taken away
        except OSError:
            pass  # the first time there is none; and not every file system has links
        os.replace(spare, file)
        try:
            os.replace(other, spare)
        except FileNotFoundError:
            reserve(file)
    finally:
        os.close(descriptor)


def reserve(file: str) -> None:
    """Keep space for the next content of a file, if there is any and none is kept yet."""
    spare = f"{file}.spare"
    try:
        descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        if os.write(descriptor, b" " * BLOCK) < BLOCK:
            _unlink(spare)
    except OSError:
        _unlink(spare)
    finally:
        os.close(descriptor)


def _locked(spare: str, other: str) -> int:
    """The spare file, opened and ours alone: fsmv2 and the keeper may both write."""
    for _ in range(TRIES * 100):
        try:
            descriptor = os.open(spare, os.O_WRONLY)
        except FileNotFoundError:
            try:  # killed in the middle; its space is still there
                if os.path.samefile(other, spare.removesuffix(".spare")):
                    raise FileNotFoundError
                os.link(other, spare)
                _unlink(other)
                continue
            except OSError:
                descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_ino == os.stat(spare).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # somebody else has just given it the other name
    raise OSError(ENOSPC, "other programs keep writing it")


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _json(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)  # plain words only
