"""The paths that a word of a command line may become: those of the trees that run, level by level.

A shell asks for them while somebody waits with a finger on the tab key. So it asks the socket of a
tree itself, with the standard library alone: `RemoteTree` would take half a second to import. What
does not answer at once has no paths.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from fsmv2.operate.socket_place import NOTES, known_socket, runtime_directory
from fsmv2.operate.state_home import RECORD, state_home

WITHIN = 0.5
"""Seconds for all trees together."""

_PATH = re.compile(rb'"path":("(?:[^"\\]|\\.)*")')


def live_paths(prefix: str, *, document: str = "", state_dir: str = "") -> list[str]:
    """The paths that begin with `prefix`, and no more levels than it has, in alphabetical order.

    Of the tree of `document`, or in `state_dir`; else of FSMV2_TREE; else of every tree that runs.
    If there is just one, and there are others below it, it is also there with a slash at its end:
    then a shell lets its user go on.
    """
    above = prefix.rpartition("/")[0]
    level = prefix.count("/")
    found: set[str] = set()
    deeper: set[str] = set()
    limit = time.monotonic() + WITHIN
    for directory in _directories(document, state_dir):
        for path in _workers(known_socket(directory), above, limit):
            if not path.startswith(prefix) or not path.isprintable():
                continue
            if path.count("/") == level:
                found.add(path)
            else:
                deeper.add("/".join(path.split("/")[: level + 1]))
    if len(found) == 1 and found <= deeper:
        found |= {f"{path}/" for path in found}
    return sorted(found)


def _directories(document: str, state_dir: str) -> Iterable[Path]:
    if not state_dir and not document and (named := os.environ.get("FSMV2_TREE", "")):
        is_directory = os.path.exists(os.path.join(named, RECORD))
        state_dir, document = (named, "") if is_directory else ("", named)
    if state_dir:
        return [Path(os.path.expanduser(state_dir)).absolute()]
    found = {*_usual(), *_noted()}
    if document:
        meant = os.path.realpath(os.path.expanduser(document))
        return [one for one in found if os.path.realpath(_document_of(one)) == meant]
    return found


def _usual() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for file in state_home().glob(f"*/{RECORD}"):
            yield file.parent


def _noted() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for note in (runtime_directory() / NOTES).iterdir():
            with contextlib.suppress(OSError):
                yield Path(os.fsdecode(note.read_bytes()))


def _document_of(directory: Path) -> str:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return str(json.loads((directory / RECORD).read_bytes()).get("file", ""))
    return ""


def _workers(place: Path, above: str, limit: float) -> list[str]:
    """The paths at `above` and below; none from a tree that is not there, or slow."""
    with contextlib.suppress(OSError, ValueError):
        head, _, body = _asked(place, above, limit).partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 200"):
            return [json.loads(text) for text in _PATH.findall(body)]
    return []


def _asked(place: Path, above: str, limit: float) -> bytes:
    """The whole answer of the API; OSError: there is none in time."""
    address = f"/v1/workers?path={quote(above)}" if above else "/v1/workers"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.settimeout(max(limit - time.monotonic(), 0.001))
        made.connect(os.fspath(place))
        made.sendall(
            f"GET {address} HTTP/1.1\r\nHost: fsmv2\r\nUser-Agent: fsmv2 completion\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        parts: list[bytes] = []
        while part := made.recv(1 << 20):
            parts.append(part)
            made.settimeout(max(limit - time.monotonic(), 0.001))
        return b"".join(parts)
