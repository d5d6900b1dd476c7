"""The state directory is removed while `run` uses it: it is said, and everything is there again."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.errors import StoreError
from fsmv2.host.file_lock import FileLock
from fsmv2.host.place_lock import PlaceLock
from fsmv2.operate import state_directory
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import ANOTHER, StateDirectory, held, holder
from full_disk import small_disk
from removed_folder import remove_folder

DOCUMENT = """\
agent: {name: edge}
processes:
  sleeps: {command: [sleep, "100"]}
"""


def command(name: str, folder: Path, *arguments: str) -> Result:
    document, state = str(folder / "plant.yaml"), str(folder / "state")
    named = [*arguments, "-f", document] if name == "why" else [document, *arguments]
    return CliRunner().invoke(app, [name, *named, "--state-dir", state])


def until(condition: Callable[[], Any], *, seconds: float = 200.0) -> Any:
    """What `condition` gives as soon as it is true."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, "never so"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The document run by a process of its own."""
    (folder / "plant.yaml").write_text(DOCUMENT)
    line = [sys.executable, "-m", "fsmv2.cli", "run", folder / "plant.yaml"]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [*line, "--state-dir", folder / "state"], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: f"process {process.pid} runs it" in command("why", folder, "edge").output)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def conditions(folder: Path) -> dict[str, str]:
    """Those of the root, as `why` knows them; none while it knows nothing."""
    found = command("why", folder, "edge", "--json")
    if found.exit_code:
        return {}
    return {
        one["type"]: one["reason"]
        for one in msgspec.json.decode(found.stdout)["node"]["conditions"]
    }


@pytest.mark.real
@pytest.mark.thorough
def test_h69_a_lost_state_directory_is_a_condition_until_all_is_there_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(tmp_path) as process:
        before = record_in(state)
        assert before is not None
        state.rename(tmp_path / "away")

        said = command("why", tmp_path, "edge").output
        assert f"process {process.pid} runs" in said
        if not state.exists():  # else it has been made again meanwhile
            assert "its state directory was removed or replaced" in said
        second = command("run", tmp_path)
        assert second.exit_code == 1
        assert f"in use by another fsmv2, process {process.pid}" in second.output

        found = until(lambda: conditions(tmp_path).get("StateKept"))
        assert found == (
            f"{state} was removed or replaced while it is in use; it is created again. "
            "What was recorded in it is lost."
        )
        until(lambda: conditions(tmp_path) == {})
        again = record_in(state)
        assert again is not None
        assert (again.file, again.at, again.digests) == (before.file, before.at, before.digests)
        (tmp_path / "plant.yaml").write_text(DOCUMENT + "# changed\n")
        assert "the document was changed" in command("why", tmp_path, "edge").output
        # The tree has answered; its journal is written a moment later.
        replay = ["replay", str(state / "journal"), "--path", "edge"]
        told = "the state directory is available again, after this:"
        until(lambda: told in CliRunner().invoke(app, replay).output)
        assert command("run", tmp_path).exit_code == 1
    assert "StateKept=False" in (tmp_path / "out").read_text()


class Told:
    """Stands in for a tree."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.written = 0

    def state_directory_lost(self, reason: str) -> None:
        self.told.append(reason)

    def write_again(self) -> None:
        self.written += 1


@pytest.fixture
def place(tmp_path: Path) -> Iterator[StateDirectory]:
    """One that looks only when it is asked to."""
    lock = FileLock(tmp_path / "state" / "fsmv2.lock", what="the folder", fix="")
    (tmp_path / "state").mkdir()
    lock.take()
    yield StateDirectory(tmp_path / "state", lock, PlaceLock(tmp_path / "state"))
    lock.release()


def test_h69_who_takes_the_new_place_first_is_named_until_it_lets_go(
    place: StateDirectory, tmp_path: Path
) -> None:
    """Such as an fsmv2 in a container with a network of its own."""
    told, state, rewritten = Told(), tmp_path / "state", []
    place.rewrite(lambda: rewritten.append(state))
    with place.reports_to(told):
        remove_folder(state)
        state.mkdir()
        other = FileLock(state / "fsmv2.lock", what="the folder", fix="")
        other.take()
        place.look()
        place.look()
        assert len(told.told) == 1, "said once"
        assert "cannot be taken again: the folder is in use by" in told.told[0]
        assert (told.written, rewritten) == (0, [])
        other.release()
        place.look()
        assert "it is created again" in told.told[1]
        assert (told.written, rewritten) == (1, [state])
        place.look()
        assert told.told[2:] == [""]


def test_h69_a_place_that_cannot_be_made_again_is_said(
    place: StateDirectory, tmp_path: Path
) -> None:
    told, state = Told(), tmp_path / "state"
    remove_folder(state)
    state.write_text("a file")
    place.look()  # before there is a tree to tell
    with place.reports_to(told):
        assert "cannot be taken again: " in told.told[0]
        state.unlink()
        place.look()
        place.look()
        assert told.told[-1] == ""


def test_the_thread_that_looks_ends_with_the_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_directory, "LOOK_EVERY", 0.01)

    def looks() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name == "state directory"]

    with held(tmp_path / "state"):
        assert looks()
    assert not looks()
    with held(tmp_path / "state"), pytest.raises(StoreError), held(tmp_path / "state"):
        pass
    assert not looks()


def test_who_holds_a_place_is_known_where_its_folder_was_removed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with held(state):
        assert holder(state)
        remove_folder(state)
        assert holder(state)
    assert not holder(state)


def test_a_place_that_cannot_be_used_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="cannot be used: a file is in its") as raised:
            held(place).__enter__()
        assert raised.value.fix == "Choose a writable directory with --state-dir."
    with small_disk(tmp_path / "disk") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StoreError, match="ead-only file system"), held(disk):
            pass


def test_one_that_another_tree_has_is_named_with_one_fix(tmp_path: Path) -> None:
    with held(tmp_path / "state"), pytest.raises(StoreError) as raised:
        held(tmp_path / "state").__enter__()
    assert re.fullmatch(r"\S+/state is in use by \D+ process, \d+\.", raised.value.message)
    assert raised.value.fix == ANOTHER


def test_copies_of_older_stores_do_not_keep_it_from_being_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "store.db.version-3").touch()
    with held(tmp_path):
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    tmp_path.chmod(0o755)
    (tmp_path / "of somebody else").touch()
    with held(tmp_path):
        assert tmp_path.stat().st_mode & 0o777 == 0o755
