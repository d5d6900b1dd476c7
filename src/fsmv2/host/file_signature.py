"""What tells without reading a file that it was changed: one `stat`.

`watchfiles` and the like see renames and turned links only when folders are watched, and nothing on
network file systems. Asked by what looks at secret files and at the document while a tree runs.
"""

from __future__ import annotations

from pathlib import Path

Signature = tuple[int, ...]
"""What differs once a file was changed; empty: there is no such file."""


def signature(file: Path) -> Signature:
    """What differs when the file was changed, rewritten in place, replaced, or linked elsewhere.

    One `stat`, links followed; empty when there is no such file, or it cannot be reached.
    """
    try:
        seen = file.stat()
    except (OSError, ValueError):
        return ()
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
