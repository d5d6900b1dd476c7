"""Where the socket of a tree is: in its state directory, or, where that path is too long, beside.

A Unix socket's path has at most 107 bytes. A longer one is replaced by a name made of its digest,
in a directory that only this user can enter: the one the system gives, or one of our own in the
temporary directory. A link in the state directory says where, as who asks may have another
environment, and be root.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path

NAME = "api.sock"
NOTES = "trees"
"""The folder of the runtime directory in which trees in unusual places leave a note."""
LONGEST = 107
"""Bytes of a socket's path that the kernel takes."""


def socket_path(state_directory: Path) -> Path:
    """Where the socket of the tree with this state directory is, or would be."""
    place = state_directory.absolute() / NAME
    if len(os.fsencode(place)) <= LONGEST:
        return place
    digest = hashlib.blake2b(os.fsencode(place), digest_size=12).hexdigest()
    return runtime_directory() / f"{digest}.sock"


def known_socket(state_directory: Path) -> Path:
    """Where the socket of a tree is for one who asks: by its link, or where it would be."""
    link = state_directory.absolute() / NAME
    try:
        return Path(os.readlink(link))
    except OSError:  # a socket, or nothing
        return socket_path(state_directory)


def link_socket(state_directory: Path, place: Path) -> None:
    """Have `known_socket` find a socket that is in another place; OSError: it cannot be said."""
    link = state_directory.absolute() / NAME
    if place == link or (link.is_symlink() and os.readlink(link) == os.fspath(place)):
        return
    new = link.with_name(f"{NAME}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(place)
    new.replace(link)


def unlink_socket(state_directory: Path, place: Path) -> None:
    """Remove a socket, and the link to it."""
    place.unlink(missing_ok=True)
    link = state_directory.absolute() / NAME
    if link.is_symlink():
        link.unlink(missing_ok=True)


def runtime_directory() -> Path:
    """Where this user's sockets and records of running trees are; may not exist yet."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and os.path.isabs(given) and _is_ours(Path(given)) and _is_short(Path(given)):
        return Path(given) / "fsmv2"
    temporary = Path(tempfile.gettempdir())
    # The folder is of this user alone, which is checked before it is used.
    return (temporary if _is_short(temporary) else Path("/tmp")) / f"fsmv2-{os.getuid()}"  # noqa: S108


def _is_short(place: Path) -> bool:
    """Whether a socket in a folder there has a path that the kernel takes."""
    return len(os.fsencode(place)) <= LONGEST - len("/fsmv2-4294967295/.sock") - 24


def _is_ours(place: Path) -> bool:
    try:
        found = place.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def private_directory(place: Path) -> Path:
    """Make a directory that only this user can enter, or see that it is one.

    Raises ApiUnavailableError when somebody else made it, or may enter it: then a socket in it
    could be anybody's.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        # Imported here only: who completes a word on a command line cannot wait for it.
        from fsmv2.errors import ApiUnavailableError

        raise ApiUnavailableError(
            f"{place} is not a directory that you alone own, so no socket is put there.",
            fix="Remove it, or set XDG_RUNTIME_DIR to a directory of your own.",
        )
    return place


def listen(place: Path) -> socket.socket:
    """A socket that listens at `place`, which only its owner can open; replaces one left over.

    The caller holds the lock of the state directory, so nobody else listens there. It gets its name
    when its rights are set: there is no moment in which others may connect.
    """
    if place.parent == runtime_directory():
        private_directory(place.parent)
    # Beside its place under a name as short: a longer one may be too long.
    new = place.with_name(f"{place.name[:-5]}.new")
    new.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.bind(os.fspath(new))
        new.chmod(0o600)
        made.listen(100)
        new.replace(place)
    except OSError:
        made.close()
        new.unlink(missing_ok=True)
        raise
    return made
