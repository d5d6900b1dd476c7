"""`process.json`: what the shim writes down of its command, for whoever comes later.

Written by hand: the `json` module would cost a megabyte of each shim. Read by `process_record`.
"""

from __future__ import annotations

import os
from errno import ENOENT

from fsmv2.host.reserved_file import put

FILE = "process.json"


class RecordWriter:
    """The facts, each change of which is on the disk when the call returns."""

    def __init__(self, directory: str, pid: int, start_time: int, **facts: object) -> None:
        """`facts`: digest, boot, started_at, keeper, keeper_start."""
        self._file = os.path.join(directory, FILE)
        self._facts: dict[str, object] = {"pid": pid, "start_time": start_time, **facts}
        self._unsaved = False
        self.homeless = False
        """Whether its folder is gone."""

    def update(self, **facts: object) -> None:
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


def _json(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)  # plain words only
