"""The folder of a supervised process in a state directory: its name, and the files of its output.

Here, and not beside the worker type, as commands read them that load no worker type. The shim
beside each process reads the names as well: nothing is imported that would cost it memory.
"""

from __future__ import annotations

CURRENT, PREVIOUS = "output.log", "output.previous"
"""What it wrote last, and before that."""

LONGEST = 255
"""Bytes of the name of a folder, on nearly every file system; a letter of another script takes six
or more of them."""


def folder_of(path: str) -> str:
    """The name of the folder of the worker at `path`; of a long one its begin and a digest.

    `%~` stands in no other name, so a short name is never that of another path.
    """
    from urllib.parse import quote

    name = quote(path, safe="")
    if not name.strip("."):  # `.` and `..` are no names of a folder
        name = name.replace(".", "%2E")
    if len(name) <= LONGEST:
        return name
    from hashlib import blake2b

    digest = blake2b(path.encode(), digest_size=16).hexdigest()
    return f"{name[: LONGEST - len(digest) - 2]}%~{digest}"
