"""Makes a state directory of a backup again. What is there is moved aside, never deleted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fsmv2.errors import BackupError, StoreError, system_text
from fsmv2.host.private import private_folder, replace_private
from fsmv2.operate.care.backup_archive import Manifest, read_archive
from fsmv2.operate.care.held_place import held_place
from fsmv2.operate.care.survivors import survivors_of
from fsmv2.operate.run_record import RunRecord
from fsmv2.operate.state_directory import LOCK, STORE, short_path
from fsmv2.operate.state_home import RECORD
from fsmv2.store.store_facts import read_facts

BROKER_DATA = "broker/store"
"""What an embedded broker stores: it is in no backup, and is kept where there is some."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A state directory that was made of a backup. `moved_to`: what was there before; or empty.

    `kept`: what of that was not in the backup, and stays in use.
    """

    directory: str
    about: Manifest
    moved_to: str = ""
    kept: tuple[str, ...] = ()


def restore(file: Path, directory: Path | None = None, *, replace: bool = False) -> Restored:
    """Put a backup back, by default where it was of; all of it is checked before anything changes.

    `replace`: what is there is moved aside first. BackupError: it is no backup, there is something,
    what that has started still runs, or a tree runs there; then nothing has changed.
    """
    manifest, contents = read_archive(file)
    place = (directory or Path(manifest.directory)).absolute()
    with held_place(place):
        if (directory_is_used := _content(place)) and not replace:
            raise BackupError(
                f"there is a state directory {short_path(place)} already, with "
                f"{directory_is_used}.",
                fix="Restore to another place with --state-dir; or with --replace, which moves "
                "what is there aside.",
            )
        if directory_is_used and (running := survivors_of(place)):
            raise BackupError(
                f"what was started in {short_path(place)} still runs: {', '.join(running)}.",
                fix="Run the tree and stop it in order, or end these processes; then restore.",
            )
        try:
            return _put_back(place, manifest, contents)
        except OSError as error:
            if isinstance(error, BackupError):
                raise
            raise BackupError(
                f"{short_path(place)} cannot be written: {system_text(error)}.",
                fix="Choose a writable directory with enough room, with --state-dir.",
            ) from error


def _put_back(place: Path, manifest: Manifest, contents: Mapping[str, bytes]) -> Restored:
    """Make it whole beside its place, then exchange both: two renames of folders."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    part = place.with_name(f"{place.name}.restore-{stamp}")
    aside = place.with_name(f"{place.name}.before-restore-{stamp}")
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.mkdir(mode=0o700)
        for name, data in contents.items():
            _inside(part, name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(part / name, data)
        if STORE in contents:
            _check_store(part / STORE)
        if RECORD not in contents and manifest.document:
            # By it the directory belongs to its document.
            record = RunRecord(manifest.document, manifest.at, {})
            replace_private(part / RECORD, msgspec.json.encode(record))
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)  # made here, of a backup that is still there
        raise
    was_there = place.exists()
    if was_there:
        place.rename(aside)
    part.rename(place)
    kept: tuple[str, ...] = ()
    if was_there and (aside / BROKER_DATA).is_dir():
        private_folder(place / "broker")
        (aside / BROKER_DATA).rename(place / BROKER_DATA)
        kept = (BROKER_DATA,)
    if was_there and not any(one.name != LOCK for one in aside.iterdir()):
        (aside / LOCK).unlink(missing_ok=True)  # there was nothing but the lock taken for this
        aside.rmdir()
        was_there = False
    return Restored(
        directory=str(place),
        about=manifest,
        moved_to=str(aside) if was_there else "",
        kept=kept,
    )


def _inside(folder: Path, name: str) -> Path:
    """The file of this name in a folder; BackupError: it would be outside of it."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BackupError(
            f"the backup has a file '{name}', which is outside of a state directory.",
            fix="It was not written by fsmv2; do not use it.",
        )
    return folder / path


def _check_store(store: Path) -> None:
    try:
        read_facts(store)
    except StoreError as error:
        raise BackupError(
            f"the store in the backup cannot be used: {error.message}", fix=error.fix
        ) from error


def _content(place: Path) -> str:
    """What is in a state directory, in a few words; empty: nothing that would be lost."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        return "something that is not a folder"
    if not place.is_dir():
        return ""
    names = sorted(one.name for one in place.iterdir() if one.name != LOCK)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
