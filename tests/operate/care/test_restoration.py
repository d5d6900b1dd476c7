"""A backup becomes a state directory again, and nothing that was there is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from kept_plant import KeptPlant, unchanged

from fsmv2.errors import BackupError
from fsmv2.operate import prepare
from fsmv2.operate.care import backup_archive
from fsmv2.operate.care.backup import back_up
from fsmv2.operate.care.backup_archive import read_archive
from fsmv2.operate.care.restoration import restore
from fsmv2.operate.generations import history
from fsmv2.operate.run_record import record_in


@pytest.fixture
def backup(plant: KeptPlant, tmp_path: Path) -> Path:
    back_up(plant.state, tmp_path / "b.tgz")
    return tmp_path / "b.tgz"


def test_it_stands_where_it_was_as_it_was(plant: KeptPlant, backup: Path) -> None:
    shutil.rmtree(plant.state)
    found = restore(backup)
    assert (found.directory, found.moved_to) == (str(plant.state), "")
    generations, head = history(plant.state)
    assert [one.number for one in generations] == [1]
    assert head is not None
    assert head.number == 1
    assert plant.rows("event") == 5


def test_a_run_of_the_document_goes_on_with_it(plant: KeptPlant, backup: Path) -> None:
    shutil.rmtree(plant.state)
    restore(backup)
    with prepare(plant.file, state_dir=plant.state) as tree:
        assert tree.generation is not None
        assert tree.generation.number == 1


def test_what_is_there_is_refused_and_left(plant: KeptPlant, backup: Path) -> None:
    with unchanged(plant.state), pytest.raises(BackupError, match="already, with") as caught:
        restore(backup)
    assert "--replace" in caught.value.fix


def test_what_is_replaced_is_moved_aside_whole(plant: KeptPlant, backup: Path) -> None:
    plant.run("# changed\n")
    plant.write(events=1)
    before = plant.store.read_bytes()
    found = restore(backup, replace=True)
    assert (Path(found.moved_to) / "store.db").read_bytes() == before
    assert plant.rows("event") == 5


def test_what_the_broker_stores_stays_in_use(plant: KeptPlant, backup: Path) -> None:
    (plant.state / "broker" / "store").mkdir(parents=True)
    (plant.state / "broker" / "store" / "samples").write_text("many")
    found = restore(backup, replace=True)
    assert found.kept == ("broker/store",)
    assert (plant.state / "broker" / "store" / "samples").read_text() == "many"


def test_a_damaged_backup_changes_nothing(plant: KeptPlant, backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-40])
    with unchanged(plant.state), pytest.raises(BackupError, match="Nothing was changed"):
        restore(backup, replace=True)


def test_a_tree_that_runs_is_left_alone(plant: KeptPlant, backup: Path) -> None:
    with (
        prepare(plant.file, state_dir=plant.state),
        pytest.raises(BackupError, match=r"a tree runs in .*process \d+"),
    ):
        restore(backup, replace=True)


def test_processes_that_still_run_there_are_named(
    plant: KeptPlant, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsmv2.operate.care.restoration.survivors_of", lambda _: ("web (pid 7)",))
    with unchanged(plant.state), pytest.raises(BackupError, match=r"still runs: web \(pid 7\)"):
        restore(backup, replace=True)


def test_it_can_stand_in_another_place(plant: KeptPlant, backup: Path, tmp_path: Path) -> None:
    with unchanged(plant.state):
        restore(backup, tmp_path / "other")
    record = record_in(tmp_path / "other")
    assert record is not None
    assert record.file == str(plant.file)


def test_one_without_a_record_belongs_to_its_document(plant: KeptPlant, tmp_path: Path) -> None:
    (plant.state / "document.json").unlink()
    back_up(plant.state, tmp_path / "b.tgz")
    restore(tmp_path / "b.tgz", tmp_path / "other")
    record = record_in(tmp_path / "other")
    assert record is not None
    assert record.file == str(plant.file)


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out"])
def test_no_file_is_written_outside(plant: KeptPlant, tmp_path: Path, name: str) -> None:
    inside = tmp_path / "content"
    inside.write_text("x")
    back_up(plant.state, tmp_path / "good.tgz")
    manifest, _ = read_archive(tmp_path / "good.tgz")
    bad = tmp_path / "bad.tgz"
    backup_archive.write_archive(bad, msgspec.structs.replace(manifest, files=()), {name: inside})
    with pytest.raises(BackupError, match="outside of a state directory"):
        restore(bad, tmp_path / "other")
    assert not list(tmp_path.glob("other*"))


def test_a_file_in_its_place_is_not_moved(plant: KeptPlant, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    with pytest.raises(BackupError, match="something that is not a folder"):
        restore(backup, tmp_path / "other")
    assert (tmp_path / "other").read_text() == "mine"


def test_a_full_disk_leaves_what_is_there(
    plant: KeptPlant, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fsmv2.operate.care.restoration.replace_private", full)
    with unchanged(plant.state), pytest.raises(BackupError, match="no space left on device"):
        restore(backup, replace=True)
    assert [one.name for one in plant.state.parent.iterdir() if "restore" in one.name] == []
