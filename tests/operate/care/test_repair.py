"""A repair puts right what can be, and keeps the original of all that it changes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from kept_plant import KeptPlant, unchanged

from fsmv2.errors import BackupError
from fsmv2.operate import prepare
from fsmv2.operate.care.examination import examine
from fsmv2.operate.care.repair import repair
from fsmv2.operate.generations import history
from fsmv2.operate.run_record import record_in


def kept(plant: KeptPlant) -> Path:
    """The folder with the originals."""
    [found] = plant.state.parent.glob("state.before-repair-*")
    return found


def test_where_nothing_is_wrong_nothing_is_done(plant: KeptPlant) -> None:
    with unchanged(plant.state):
        assert repair(plant.state).repaired == ()
    assert not list(plant.state.parent.glob("state.before-*"))


def test_a_damaged_store_is_made_anew_of_what_can_be_read(plant: KeptPlant) -> None:
    plant.damage("event")
    damaged = plant.store.read_bytes()
    found = repair(plant.state)
    assert found.errors == 0
    assert "made a new store" in found.repaired[0]
    assert (kept(plant) / "store.db").read_bytes() == damaged
    with prepare(plant.file, state_dir=plant.state) as tree:
        assert tree.generation is not None
        assert tree.generation.number == 1
    assert plant.rows("identity") == 3
    assert plant.rows("override") == 1


def test_a_store_of_which_nothing_can_be_read_is_moved_aside(plant: KeptPlant) -> None:
    plant.store.write_bytes(b"rubbish" * 999)
    assert repair(plant.state).errors == 0
    assert (kept(plant) / "store.db").read_bytes() == b"rubbish" * 999
    assert not plant.store.exists()


@pytest.mark.parametrize("statement", ["DELETE FROM head", "UPDATE head SET number = 7"])
def test_the_last_generation_runs_where_none_is_said_to(plant: KeptPlant, statement: str) -> None:
    plant.run("# changed\n")
    plant.execute(statement)
    found = repair(plant.state)
    assert found.errors == 0
    assert "generation 2" in found.repaired[0]
    _, head = history(plant.state)
    assert head is not None
    assert head.number == 2
    assert (kept(plant) / "store.db").exists()


def test_a_damaged_record_is_written_anew(plant: KeptPlant) -> None:
    (plant.state / "document.json").write_text("{")
    repair(plant.state)
    record = record_in(plant.state)
    assert record is not None
    assert record.file == str(plant.file)
    assert (kept(plant) / "document.json").read_text() == "{"


def test_damaged_credentials_are_moved_aside(plant: KeptPlant) -> None:
    (plant.state / "broker").mkdir(mode=0o700)
    (plant.state / "broker" / "credentials.json").write_text("{")
    assert repair(plant.state).warnings == 0
    assert (kept(plant) / "broker" / "credentials.json").read_text() == "{"


def test_permissions_are_set_right(plant: KeptPlant) -> None:
    plant.state.chmod(0o755)
    assert repair(plant.state).warnings == 0
    assert stat.S_IMODE(plant.state.stat().st_mode) == 0o700


@pytest.mark.parametrize("pragma", ["user_version = 99", "application_id = 7"])
def test_a_newer_store_and_that_of_another_program_are_left(plant: KeptPlant, pragma: str) -> None:
    plant.execute(f"PRAGMA {pragma}")
    with unchanged(plant.state):
        found = repair(plant.state)
    assert found.errors == 1
    assert found.repaired == ()


def test_nothing_is_repaired_while_a_tree_runs(plant: KeptPlant) -> None:
    with prepare(plant.file, state_dir=plant.state):
        plant.state.chmod(0o755)
        with pytest.raises(BackupError, match="a tree runs in"):
            repair(plant.state)


def test_a_repair_that_fails_leaves_the_store(
    plant: KeptPlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    plant.damage("event")
    monkeypatch.setattr("fsmv2.operate.care.repair.salvage", full)
    with unchanged(plant.state), pytest.raises(BackupError, match="no space left on device"):
        repair(plant.state)


def test_what_is_found_after_a_repair_is_what_an_examination_finds(plant: KeptPlant) -> None:
    plant.damage("event")
    found = repair(plant.state)
    assert found.findings == examine(plant.state).findings
