"""Where commands keep data between runs, and that one tree at a time uses a place."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import StoreError

LOCK = "fsmv2.lock"


def state_home() -> Path:
    """`~/.local/state/fsmv2`, or below XDG_STATE_HOME; `--state-dir` names another place."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fsmv2"


def shown(path: Path) -> str:
    """The path as a person would type it: below home with `~`."""
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def holder(directory: Path) -> str:
    """The process that runs a tree in this place; empty when none does."""
    try:
        with (directory / LOCK).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with contextlib.suppress(OSError):
            return (directory / LOCK).read_text(encoding="utf-8").strip() or "?"
    except OSError:
        return ""  # never used
    return ""


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Make `directory` and keep every other fsmv2 out of it; the kernel lets go after any death.

    Two trees in one place would adopt each other's broker, and the first to stop would end it.
    Raises OSError when it cannot be written, StoreError when another one uses it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StoreError(
                f"{directory} is in use by another fsmv2, process {file.read().strip() or '?'}.",
                fix="Stop that one, or name another place with --state-dir.",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
