"""The file that a backup is: a compressed tar archive with a list of what is in it, with digests.

It is written beside its name and gets that when it is whole; it is checked, all of it, before
anything of it is used. Its owner alone may read it: credentials are in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fsmv2.errors import BackupError, system_text
from fsmv2.host.private import FILE

FORMAT = 1
"""Raised with every change of the form; a program refuses what it does not know."""

LIST = "backup.json"
"""The first file of the archive: the manifest."""

LARGEST = 4 << 30
"""Bytes of one file that is unpacked; a store with its 50,000 events has a few dozen megabytes."""

_RESTORE_WITH = "Name a file that `fsmv2 backup` has written."


class BackedUpFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its path below the state directory, its bytes, and their SHA-256."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of. `at` in Unix seconds; `version`: the fsmv2 that wrote it.

    `directory`: the state directory; `document`: the path of what ran there, empty if that is not
    known; `generation`: the one that ran, 0 for none; `managed`: no file is followed.
    """

    format: int
    version: str
    at: float
    host: str
    directory: str
    document: str
    generation: int
    managed: bool
    files: tuple[BackedUpFile, ...]


def write_archive(target: Path, manifest: Manifest, contents: Mapping[str, Path]) -> Manifest:
    """Write a backup of these files, by name; returns the manifest with their digests.

    BackupError: there is something at `target`, or it cannot be written; nothing is left of it.
    """
    if os.path.lexists(target):
        raise BackupError(
            f"{target} already exists, and is left as it is.",
            fix="Name another file, or move that one away.",
        )
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        data = {name: file.read_bytes() for name, file in contents.items()}
        manifest = msgspec.structs.replace(
            manifest,
            files=tuple(
                BackedUpFile(name=name, size=len(each), sha256=hashlib.sha256(each).hexdigest())
                for name, each in sorted(data.items())
            ),
        )
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
                text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
                _add(archive, LIST, text, manifest.at)
                for name, each in sorted(data.items()):
                    _add(archive, name, each, manifest.at)
            file.flush()
            os.fsync(file.fileno())
        read_archive(part)
        # Not `replace`: what somebody else wrote there meanwhile is not ours to overwrite.
        os.link(part, target)
    except FileExistsError as error:
        raise BackupError(
            f"{target} was written by another program meanwhile, and is left as it is.",
            fix="Name another file.",
        ) from error
    except OSError as error:
        if isinstance(error, BackupError):
            raise
        raise BackupError(
            f"the backup {target} cannot be written: {system_text(error)}.",
            fix="Choose a file in a writable directory with enough room.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return manifest


def read_archive(file: Path) -> tuple[Manifest, dict[str, bytes]]:
    """A backup with all of its files, checked. BackupError says what is wrong with it."""
    try:
        kind = file.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # a pipe would be waited for
            raise BackupError(f"{file} is not a regular file.", fix=_RESTORE_WITH)
        with tarfile.open(file, mode="r:gz") as archive:
            first = archive.next()
            if first is None or first.name != LIST:
                raise _none(file, "it does not begin with a list of what is in it")
            manifest = _manifest(file, _content(archive, first))
            found: dict[str, bytes] = {}
            while (member := archive.next()) is not None:
                found[member.name] = _content(archive, member)
    except BackupError:
        raise
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise _none(file, str(error) or "it is cut off") from error
    except OSError as error:
        if error.errno is None:  # what gzip raises of damaged data has no number
            raise _none(file, str(error)) from error
        raise BackupError(
            f"{file} cannot be read: {system_text(error)}.", fix=_RESTORE_WITH
        ) from error
    _compare(file, manifest, found)
    return manifest, found


def _add(archive: tarfile.TarFile, name: str, data: bytes, at: float) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), FILE, int(at)
    archive.addfile(entry, io.BytesIO(data))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member) if member.isfile() else None
    if opened is None or member.size > LARGEST:
        raise BackupError(f"'{member.name}' in it is not a file of a backup.", fix=_RESTORE_WITH)
    return opened.read()


def _manifest(file: Path, text: bytes) -> Manifest:
    try:
        number = msgspec.json.decode(text, type=_Format).format
        if number != FORMAT:
            raise BackupError(
                f"{file} has backup format {number}; this fsmv2 reads format {FORMAT}.",
                fix="Restore it with the fsmv2 that wrote it, or a newer one.",
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _none(file, f"its list cannot be read: {error}") from error


class _Format(msgspec.Struct, frozen=True):
    format: int


def _compare(file: Path, manifest: Manifest, found: Mapping[str, bytes]) -> None:
    listed = {one.name: one for one in manifest.files}
    wrong = [f"{name} is missing" for name in sorted(listed.keys() - found.keys())]
    wrong += [f"{name} is not in its list" for name in sorted(found.keys() - listed.keys())]
    for name in sorted(listed.keys() & found.keys()):
        if hashlib.sha256(found[name]).hexdigest() != listed[name].sha256:
            wrong.append(f"{name} is not what was written")
    if wrong:
        raise _none(file, "; ".join(wrong))


def _none(file: Path, why: str) -> BackupError:
    return BackupError(
        f"{file} is not a backup of fsmv2, or is damaged: {why}. Nothing was changed.",
        fix=_RESTORE_WITH,
    )
