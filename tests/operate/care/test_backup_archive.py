"""Whatever is wrong with a file that should be a backup is found before it is used."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import msgspec
import pytest
from kept_plant import KeptPlant

from fsmv2.errors import BackupError
from fsmv2.operate.care import backup_archive
from fsmv2.operate.care.backup import back_up
from fsmv2.operate.care.backup_archive import LIST, read_archive


@pytest.fixture
def backup(plant: KeptPlant, tmp_path: Path) -> Path:
    back_up(plant.state, tmp_path / "b.tgz")
    return tmp_path / "b.tgz"


def rewritten(backup: Path, change: dict[str, bytes | None]) -> Path:
    """The same archive with other contents; None: without this file."""
    with tarfile.open(backup) as archive:
        found: dict[str, bytes | None] = {}
        for member in archive.getmembers():
            opened = archive.extractfile(member)
            assert opened is not None
            found[member.name] = opened.read()
    target = backup.with_name("other.tgz")
    with tarfile.open(target, "w:gz") as archive:
        for name, data in {**found, **change}.items():
            if data is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return target


def test_it_is_read_as_it_was_written(backup: Path, plant: KeptPlant) -> None:
    manifest, contents = read_archive(backup)
    assert {one.name for one in manifest.files} == set(contents)
    assert contents["document.json"] == (plant.state / "document.json").read_bytes()


@pytest.mark.parametrize("part", [0, 1, 20, 500, 0.5, 0.99])
def test_one_that_is_cut_off_is_refused(backup: Path, part: float) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data[: int(part * len(data)) if part < 1 else int(part)])
    with pytest.raises(BackupError, match="is not a backup"):
        read_archive(backup)


def test_one_with_another_content_is_refused(backup: Path) -> None:
    with pytest.raises(BackupError, match=r"store\.db is not what was written"):
        read_archive(rewritten(backup, {"store.db": b"else"}))


def test_one_with_a_file_too_few_or_too_many_is_refused_with_both(backup: Path) -> None:
    with pytest.raises(BackupError) as caught:
        read_archive(rewritten(backup, {"store.db": None, "more": b""}))
    assert "store.db is missing; more is not in its list" in caught.value.message


def test_one_of_a_newer_form_names_it(backup: Path) -> None:
    with pytest.raises(BackupError, match="has backup format 99") as caught:
        read_archive(rewritten(backup, {LIST: b'{"format": 99, "anything": 1}'}))
    assert "a newer one" in caught.value.fix


@pytest.mark.parametrize("text", [b"", b"{}", b'{"format": 1}', b"\xff", b"[" * 3000])
def test_one_with_a_damaged_list_is_refused(backup: Path, text: bytes) -> None:
    with pytest.raises(BackupError, match="its list cannot be read"):
        read_archive(rewritten(backup, {LIST: text}))


def test_a_link_in_it_is_refused(backup: Path) -> None:
    with tarfile.open(backup.with_name("link.tgz"), "w:gz") as archive:
        manifest, _ = read_archive(backup)
        text = msgspec.json.encode(manifest)
        entry = tarfile.TarInfo(LIST)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
        link = tarfile.TarInfo("store.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BackupError, match=r"'store\.db' in it is not a file"):
        read_archive(backup.with_name("link.tgz"))


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(BackupError, match="cannot be read"):
            read_archive(place)


def test_a_pipe_that_nothing_writes_into_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackupError, match="is not a regular file"):
        read_archive(tmp_path / "pipe")


def test_what_was_not_written_as_it_should_be_is_no_backup(
    plant: KeptPlant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that loses bytes: it is read again before it has its name."""
    add = backup_archive._add

    def lossy(archive: tarfile.TarFile, name: str, data: bytes, at: float) -> None:
        add(archive, name, data if name == LIST else data[:-1] + b"?", at)

    monkeypatch.setattr(backup_archive, "_add", lossy)
    with pytest.raises(BackupError):
        back_up(plant.state, tmp_path / "b.tgz")
    assert list(tmp_path.glob("b.tgz*")) == []
