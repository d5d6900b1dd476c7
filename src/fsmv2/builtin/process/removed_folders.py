"""What is left on the disk of processes that are no longer declared: their folders.

A folder is removed only when it is certain that nothing of its process lives: its record is there
and says that it has ended, or there is none; the kernel knows nobody who bears its mark; and nobody
holds its locks, which processes that cannot be seen from here, in another container say, hold too.
A record that cannot be read proves nothing, and its folder stays. So does a file that is not ours.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from fsmv2 import blocking
from fsmv2.builtin.process.launch import ERRORS
from fsmv2.builtin.process.lifecycle import START_LOCK, current_record, is_over
from fsmv2.builtin.process.orphans import orphan_name
from fsmv2.builtin.process.output_follower import TOLD
from fsmv2.builtin.process.process_record import read_record
from fsmv2.builtin.process.process_table import Found, found_below
from fsmv2.builtin.process.shim.loop import LOCK, PIPES
from fsmv2.builtin.process.shim.record_writer import FILE
from fsmv2.builtin.process.spec import Ending
from fsmv2.host.flock import try_lock
from fsmv2.host.process_folder import CURRENT, PREVIOUS

AT_ONCE = 100
"""Folders that are removed together, with one look at all processes of the machine."""

_LOCKS = (LOCK, START_LOCK)
_OURS = re.compile(
    f"({'|'.join(map(re.escape, (FILE, CURRENT, PREVIOUS, TOLD, ERRORS, *PIPES)))})"
    r"(\.\d+)?(\.new|\.spare|\.other)?"
)


@blocking
def folders_left(state_dir: str, declared: Iterable[str]) -> tuple[str, ...]:
    """The processes, named as by `orphan_name`, of which nothing but a folder seems to be left.

    At most as many as are removed at once, and none of `declared`.
    """
    known = set(map(orphan_name, declared))
    left = (unquote(name) for name in _folders(state_dir) if unquote(name) not in known)
    return tuple(sorted(left)[:AT_ONCE])


@blocking
def remove_folders(state_dir: str, names: Iterable[str]) -> tuple[str, ...]:
    """Remove the folders of these processes, as far as it is certain that they have ended.

    Returns those that are gone. Each is locked meanwhile, so that none of them is started.
    """
    wanted, gone = set(names), []
    with contextlib.ExitStack() as held:
        folders = [
            folder
            for folder in _folders(state_dir)
            if unquote(folder) in wanted and _lock(f"{state_dir}/{folder}", held)
        ]
        lives = found_below(state_dir) if folders else {}
        for folder in folders:
            directory = f"{state_dir}/{folder}"
            if _has_ended(directory, lives) and _remove(directory):
                gone.append(unquote(folder))
    return tuple(gone)


def _folders(state_dir: str) -> Iterator[str]:
    """Folders in which a process was, that may be changed, and in which none runs on record."""
    if not state_dir or not os.path.isdir(state_dir):
        return
    with os.scandir(state_dir) as entries:
        for entry in entries:
            ours = entry.is_dir(follow_symlinks=False) and os.path.isfile(f"{entry.path}/{LOCK}")
            if ours and os.access(entry.path, os.W_OK) and _may_have_ended(entry.path):
                yield entry.name


def _may_have_ended(directory: str) -> bool:
    record = read_record(directory)
    if record is None:
        return not os.path.lexists(f"{directory}/{FILE}")
    return not record.runs and not record.kept


def _lock(directory: str, held: contextlib.ExitStack) -> bool:
    """Whether nobody else is at it; it is ours until `held` is closed."""
    for name in _LOCKS:
        try:
            descriptor = os.open(
                f"{directory}/{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError:
            return False
        held.callback(os.close, descriptor)
        if not try_lock(descriptor):
            return False
    return True


def _has_ended(directory: str, lives: dict[str, Found]) -> bool:
    if os.path.realpath(directory) in lives or not _may_have_ended(directory):
        return False
    return is_over(current_record(Ending(directory=directory)))


def _remove(directory: str) -> bool:
    """Remove what is ours in it, its locks last, and then itself; whether it is gone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            if _OURS.fullmatch(name):
                os.unlink(f"{directory}/{name}")
        for name in _LOCKS:
            os.unlink(f"{directory}/{name}")
        os.rmdir(directory)
        return True
    return False
