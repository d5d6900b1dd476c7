"""Every trouble of a state directory seen so far is found, and nothing is changed by looking."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kept_plant import KeptPlant, unchanged

from fsmv2.errors import NotRunningError
from fsmv2.host.file_lock import FileLock
from fsmv2.operate import prepare
from fsmv2.operate.care.examination import CHECKS, examine
from fsmv2.operate.care.finding import StateFinding
from fsmv2.store import schema
from full_disk import fill, small_disk


def found_in(place: Path) -> dict[str, StateFinding]:
    """What is not as it should be, by check."""
    with unchanged(place):
        return {one.check: one for one in examine(place).findings if one.level != "ok"}


def test_nothing_is_wrong_with_one_that_was_run(plant: KeptPlant) -> None:
    assert found_in(plant.state) == {}
    assert len(examine(plant.state).findings) == len(CHECKS)


def test_nothing_is_wrong_while_a_tree_runs(plant: KeptPlant) -> None:
    with prepare(plant.file, state_dir=plant.state):
        found = examine(plant.state)
    assert found.process == str(os.getpid())
    assert [one for one in found.findings if one.level != "ok"] == []


def test_nothing_is_wrong_with_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    assert found_in(tmp_path / "state") == {}


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="there is no state directory"):
        examine(tmp_path / "none")


def test_a_file_in_its_place_is_found(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    (found,) = examine(tmp_path / "state").findings
    assert "is not a folder" in found.text, "once, not by each check"


# Each trouble: how it comes about, the check that finds it, its level, words of what is reported.
TROUBLE: dict[str, tuple[Callable[[KeptPlant], object], str, str, str]] = {
    "store damaged": (lambda p: p.damage("event"), "store", "error", "it is damaged"),
    "store damaged, what is left": (
        lambda p: p.damage("event"),
        "store",
        "error",
        "1 worker with overrides, 3 workers, 0 events. Partly lost: event.",
    ),
    "store lost": (
        lambda p: [file.unlink() for file in p.state.glob("store.db*")],
        "store",
        "warning",
        "there is none, although",
    ),
    "store emptied": (
        lambda p: p.store.write_bytes(b""),
        "store",
        "warning",
        "stopped, paused or set by hand, are lost",
    ),
    "store is a folder": (
        lambda p: [p.store.unlink(), p.store.mkdir()],
        "access",
        "error",
        "store.db is a folder, and not a file",
    ),
    "processes is a file": (
        lambda p: (p.state / "processes").write_bytes(b"x"),
        "access",
        "error",
        "processes is not a folder",
    ),
    "journal is a file": (
        lambda p: (p.state / "journal").write_bytes(b"x"),
        "access",
        "warning",
        "journal is not a folder",
    ),
    "store is rubbish": (
        lambda p: p.store.write_bytes(b"rubbish" * 999),
        "store",
        "error",
        "Nothing in it can be read",
    ),
    "store of a newer version": (
        lambda p: p.execute("PRAGMA user_version = 99"),
        "store",
        "error",
        "was written by a newer fsmv2",
    ),
    "store of another program": (
        lambda p: p.execute("PRAGMA application_id = 7"),
        "store",
        "error",
        "of another program",
    ),
    "generations without a head": (
        lambda p: p.execute("DELETE FROM head"),
        "store",
        "error",
        "does not record which one runs",
    ),
    "head without its generation": (
        lambda p: p.execute("UPDATE head SET number = 7"),
        "store",
        "error",
        "does not have it",
    ),
    "foreign plant": (
        lambda p: p.execute("UPDATE generation SET source = '/else/other.yaml'"),
        "document",
        "error",
        "two plants share this directory",
    ),
    "record damaged": (
        lambda p: (p.state / "document.json").write_text("{"),
        "document",
        "warning",
        "cannot be read",
    ),
    "document changed": (
        lambda p: p.file.write_text(p.file.read_text() + "# more\n"),
        "document",
        "warning",
        "the document was changed",
    ),
    "open to others": (lambda p: p.state.chmod(0o755), "access", "warning", "by other users"),
    "wrong owner": (
        lambda p: os.chown(p.store, 12345, -1),
        "access",
        "error",
        "store.db belongs to the user 12345",
    ),
    "credentials damaged": (
        lambda p: _write(p.state / "broker" / "credentials.json", b"{"),
        "records",
        "warning",
        "gets a new password",
    ),
    "notifications damaged": (
        lambda p: _write(p.state / "notifications.json", b"[" * 3000),
        "records",
        "warning",
        "active escalations may be notified again",
    ),
    "commands damaged": (
        lambda p: _write(p.state / "commands" / "a.jsonl", b'{"x":\n\xff\nhalf'),
        "commands",
        "warning",
        "2 lines of commands/a.jsonl are damaged",
    ),
    "journal damaged": (
        lambda p: _write(
            p.state / "journal" / "00000001.journal", b"fsmv2 journal 1\n" + b"\x01\0\0\0" * 9
        ),
        "journal",
        "warning",
        "damaged at byte",
    ),
    "journal of a newer version": (
        lambda p: _write(p.state / "journal" / "00000001.journal", b"fsmv2 journal 99\n"),
        "journal",
        "warning",
        "",
    ),
    "clock behind": (
        lambda p: p.write(at=time.time() + 3600),
        "clock",
        "warning",
        "60 minutes behind the last record",
    ),
}


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.parametrize("name", TROUBLE)
def test_this_trouble_is_found(plant: KeptPlant, name: str) -> None:
    make, check, level, text = TROUBLE[name]
    if name == "wrong owner" and os.geteuid():
        pytest.skip("giving a file to another user needs root")
    make(plant)
    finding = found_in(plant.state)[check]
    assert finding.level == level
    assert text in finding.text
    assert finding.fix or level == "warning"


def test_a_store_of_an_older_version_is_known(plant: KeptPlant) -> None:
    assert schema.VERSION > schema.GENERATIONS_SINCE
    for statement in ("ALTER TABLE head DROP COLUMN converged", "DROP TABLE pending_apply"):
        plant.execute(statement)
    plant.execute("ALTER TABLE generation DROP COLUMN rollback_of")
    plant.execute(f"PRAGMA user_version = {schema.GENERATIONS_SINCE}")
    assert "a copy is kept" in found_in(plant.state)["store"].text


def test_the_cut_off_end_that_every_kill_leaves_is_no_trouble(plant: KeptPlant) -> None:
    _write(plant.state / "journal" / "00000001.journal", b"fsmv2 journal 1\n\x09\0\0\0")
    _write(plant.state / "commands" / "a.jsonl", b'{"half')
    assert found_in(plant.state) == {}


def test_a_lock_of_another_program_names_it(plant: KeptPlant) -> None:
    lock = FileLock(plant.state / "fsmv2.lock", what="it", fix="")
    lock.take()
    try:
        (plant.state / "fsmv2.lock").write_text("1")  # as if another process had written it
        finding = found_in(plant.state)["lock"]
    finally:
        lock.release()
    assert f"process {os.getpid()}" in finding.text
    assert "End that process" in finding.fix


def test_the_lock_of_a_dead_process_is_no_trouble(plant: KeptPlant) -> None:
    (plant.state / "fsmv2.lock").write_text("999999999")
    assert found_in(plant.state) == {}


def test_a_socket_left_over_is_no_trouble(plant: KeptPlant) -> None:
    (plant.state / "api.sock").touch()
    assert found_in(plant.state) == {}


def test_what_runs_without_a_tree_is_named(
    plant: KeptPlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "fsmv2.operate.care.record_checks.survivors_of", lambda _: ("edge/web (pid 7)",)
    )
    finding = found_in(plant.state)["processes"]
    assert "edge/web (pid 7)" in finding.text
    assert "adopts them" in finding.fix


def test_a_full_disk_is_called_that(plant: KeptPlant, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shutil.copytree(plant.state, disk / "state")
        (disk / "state").chmod(0o700)
        fill(disk)
        found = {one.check: one for one in examine(disk / "state").findings}
    assert found["space"].text == "the disk is full."
    assert found["space"].level == "error"


def test_a_read_only_file_system_is_called_that(plant: KeptPlant, tmp_path: Path) -> None:
    import subprocess

    with small_disk(tmp_path / "disk") as disk:
        shutil.copytree(plant.state, disk / "state")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        found = [one for one in examine(disk / "state").findings if one.check == "access"]
    assert any("the file system is read-only" in one.text for one in found)
