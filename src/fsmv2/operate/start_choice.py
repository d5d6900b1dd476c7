"""What a start runs: the generation that ran last, or what the file says now. One table.

A tree follows a file, which is the truth, or is managed: then its head is. What runs is always a
generation that is kept; what the file says becomes the next one when that is safe to assume.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from fsmv2.errors import StoreError
from fsmv2.store import GenerationInfo, Head


class FileState(Enum):
    """What is at the path of the document now."""

    VALID = "valid"
    INVALID = "invalid"
    MISSING = "missing"


class Runs(Enum):
    """What a start runs."""

    FILE = "the file, as the next generation"
    HEAD = "the generation that ran last"
    NOTHING = "nothing: the start is refused"


class StartChoice(msgspec.Struct, frozen=True):
    """What is run, and what an operator should know of it; nothing: as one would expect."""

    runs: Runs
    warning: str = ""


def choose(
    head: Head | None,
    last: GenerationInfo | None,
    *,
    file: FileState,
    digest: str,
    source: str,
) -> StartChoice:
    """What a tree that follows the file `source` runs.

    `last` is the generation of `head`; `digest` is that of a valid file. Raises StoreError for a
    managed tree, which follows no file.
    """
    if head is None or last is None:
        return StartChoice(Runs.FILE if file is FileState.VALID else Runs.NOTHING)
    if head.managed:
        raise StoreError(
            f"this tree is managed: generation {head.number} of its document counts, and it "
            f"follows no file such as {source}.",
            fix="Run it with --state-dir alone.",
        )
    other = source != last.source
    running = f"generation {last.number} runs on"
    if file is not FileState.VALID:
        if other:
            return StartChoice(Runs.NOTHING)
        what = "is not valid" if file is FileState.INVALID else "does not exist"
        return StartChoice(Runs.HEAD, f"the document {what}: {running}")
    if digest == last.digest and not other:
        return StartChoice(Runs.HEAD)
    if other:
        return StartChoice(Runs.FILE)
    if head.pinned:
        return StartChoice(
            Runs.HEAD, f"generation {last.number} is pinned; the file is not applied"
        )
    if not head.ended:
        return StartChoice(
            Runs.HEAD,
            f"the last run did not end properly, so {running}; the file is newer: apply it "
            "with `fsmv2 apply`",
        )
    return StartChoice(Runs.FILE)
