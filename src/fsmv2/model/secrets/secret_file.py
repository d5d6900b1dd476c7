"""A file that holds a secret, and what it says.

Read when a document is loaded and, while the tree runs, by what looks for changed secrets.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fsmv2.errors import SecretError

LONGEST = 64 * 1024
"""Bytes of a secret file; more is no password but a mistake."""

PATH_FIX = "Correct the path; it is relative to the folder of the document."


def read_secret(file: Path) -> str:
    """The text of a secret file, without its last line end; SecretError: what is wrong with it.

    May be empty, which no secret is: that is for the caller to judge.
    """
    try:
        # Not blocking: a pipe in its place would be waited for.
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise SecretError(f"the secret file '{file}' is not a regular file.", fix=PATH_FIX)
            found = os.read(opened, LONGEST + 1)
        finally:
            os.close(opened)
    except (FileNotFoundError, ValueError):
        raise SecretError(f"the secret file '{file}' does not exist.", fix=PATH_FIX) from None
    except OSError as error:
        raise SecretError(
            f"the secret file '{file}': {error.strerror}.",
            fix="Let the user that fsmv2 runs as read it.",
        ) from None
    if len(found) > LONGEST:
        raise SecretError(f"the secret file '{file}' has more than {LONGEST} bytes.")
    try:
        return found.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise SecretError(f"the secret file '{file}' is not UTF-8 text.") from None
