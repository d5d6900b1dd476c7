"""A backup holds what a plant needs to go on, as of one moment, and for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from kept_plant import KeptPlant, unchanged

from fsmv2.errors import BackupError, NotRunningError
from fsmv2.operate import prepare
from fsmv2.operate.care.backup import back_up
from fsmv2.operate.care.backup_archive import read_archive
from fsmv2.operate.generations import opened
from full_disk import fill, small_disk


def test_it_is_written_while_a_tree_holds_the_directory(plant: KeptPlant, tmp_path: Path) -> None:
    with prepare(plant.file, state_dir=plant.state), opened(plant.state) as store:
        before = store.history()
        found = back_up(plant.state, tmp_path / "b.tgz")
    assert found.about.generation == 1
    assert found.about.document == str(plant.file)
    assert len(before) == 1


def test_it_changes_nothing_in_the_directory(plant: KeptPlant, tmp_path: Path) -> None:
    with unchanged(plant.state):
        back_up(plant.state, tmp_path / "b.tgz")


def test_only_its_owner_may_read_it(plant: KeptPlant, tmp_path: Path) -> None:
    back_up(plant.state, tmp_path / "b.tgz")
    assert stat.S_IMODE((tmp_path / "b.tgz").stat().st_mode) == 0o600


def test_executed_commands_and_credentials_are_in_it(plant: KeptPlant, tmp_path: Path) -> None:
    (plant.state / "commands").mkdir()
    (plant.state / "commands" / "a.jsonl").write_text("{}\n")
    (plant.state / "broker").mkdir()
    (plant.state / "broker" / "credentials.json").write_text('{"user":"u","password":"p"}')
    back_up(plant.state, tmp_path / "b.tgz")
    _, contents = read_archive(tmp_path / "b.tgz")
    assert contents["commands/a.jsonl"] == b"{}\n"
    assert b"password" in contents["broker/credentials.json"]


def test_what_belongs_to_this_machine_is_not_in_it(plant: KeptPlant, tmp_path: Path) -> None:
    (plant.state / "processes" / "web").mkdir(parents=True)
    (plant.state / "processes" / "web" / "record.json").write_text("{}")
    back_up(plant.state, tmp_path / "b.tgz")
    _, contents = read_archive(tmp_path / "b.tgz")
    assert sorted(contents) == ["document.json", "store.db"]


def test_what_is_left_out_is_listed(plant: KeptPlant, tmp_path: Path) -> None:
    (plant.state / "broker" / "store").mkdir(parents=True)
    assert back_up(plant.state, tmp_path / "b.tgz").left_out == (
        "the samples that the embedded broker stores",
    )


def test_a_file_that_is_there_is_left_as_it_is(plant: KeptPlant, tmp_path: Path) -> None:
    (tmp_path / "b.tgz").write_text("mine")
    with pytest.raises(BackupError, match="already exists"):
        back_up(plant.state, tmp_path / "b.tgz")
    assert (tmp_path / "b.tgz").read_text() == "mine"


@pytest.mark.parametrize("place", ["nowhere/b.tgz", "plant.yaml/b.tgz"])
def test_a_place_that_cannot_be_written_is_named(
    plant: KeptPlant, tmp_path: Path, place: str
) -> None:
    with pytest.raises(BackupError, match="cannot be written") as caught:
        back_up(plant.state, tmp_path / place)
    assert caught.value.fix


def test_a_damaged_store_makes_no_backup(plant: KeptPlant, tmp_path: Path) -> None:
    plant.damage("event")
    with pytest.raises(BackupError, match="cannot be copied") as caught:
        back_up(plant.state, tmp_path / "b.tgz")
    assert "fsmv2 doctor" in caught.value.fix
    assert sorted(one.name for one in tmp_path.iterdir()) == ["plant.yaml", "state"]


def test_a_store_that_is_a_folder_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "state" / "store.db").mkdir(parents=True)
    with pytest.raises(BackupError, match="is a folder, expected the file of a store"):
        back_up(tmp_path / "state", tmp_path / "copy.tar.gz")
    assert not (tmp_path / "copy.tar.gz").exists()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="there is no state directory"):
        back_up(tmp_path / "none", tmp_path / "b.tgz")


def test_a_directory_of_something_else_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "notes.txt").write_text("x")
    with pytest.raises(BackupError, match="there is nothing in"):
        back_up(tmp_path / "else", tmp_path / "b.tgz")


def test_without_room_it_is_the_backup_that_cannot_be_written(
    plant: KeptPlant, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        with pytest.raises(BackupError, match="cannot be written: ") as refused:
            back_up(plant.state, disk / "b.tgz")
        assert "enough room" in refused.value.fix
