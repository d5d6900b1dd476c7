"""Whether a new version can go on with what a tree keeps: everything at once, nothing written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fsmv2.errors import NotRunningError
from fsmv2.operate import prepare
from fsmv2.operate.generations import opened
from fsmv2.operate.state_directory import JOURNAL, STORE
from fsmv2.operate.stored_validation import validate_for, validate_stored
from fsmv2.store import Batch, DesiredRecord, schema

PLANT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'


class Place:
    """A document and a state directory that keeps a generation of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plant.yaml"
        self.state = folder / "state"

    def start(self, text: str = "", *, managed: bool = False) -> None:
        self.file.write_text(PLANT + text)
        document, init = (None, self.file) if managed else (self.file, None)
        with prepare(document, state_dir=self.state, init=init):
            pass

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.state / STORE)) as store:
            store.execute(statement)
            store.commit()

    def found(self, *types: str) -> list[str]:
        """What is found, as `error text` or `warning text`."""
        return [
            f"{'warning' if one.warning else 'error'} {one.message} {one.fix}"
            for one in validate_stored(self.state, types).diagnostics
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_runs_is_checked_while_it_runs_and_not_the_file(place: Place) -> None:
    place.file.write_text(PLANT)
    with prepare(place.file, state_dir=place.state):
        place.file.write_text("agnt: {}\n")
        found = validate_stored(place.state)
        assert found.process
    assert (found.problems, found.generation, found.source) == (0, 1, str(place.file))
    assert "the document was changed at " in found.change
    assert not found.managed


def test_a_secret_that_is_not_there_today_is_a_problem(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLC_PASSWORD", "geheim")
    place.start("global: {pw: {env: PLC_PASSWORD}}\n")
    assert place.found() == [] or "error" not in place.found()[0]
    monkeypatch.delenv("PLC_PASSWORD")
    (problem,) = place.found()
    assert problem.startswith("error the environment variable 'PLC_PASSWORD' is not set.")
    assert "the environment that the tree is started in" in problem


def test_of_a_managed_tree_the_stored_text_is_checked_and_a_next_document_like_it(
    place: Place,
) -> None:
    place.start(managed=True)
    place.file.unlink()
    found = validate_stored(place.state)
    assert (found.problems, found.managed, found.change) == (0, True, "")
    place.file.write_text(PLANT + "global: {pw: {file: pw}}\n")
    (place.file.parent / "pw").write_text("geheim")
    (problem,) = validate_for(place.file, place.state).diagnostics
    assert "relative, and the document is in no folder" in problem.message


def test_everything_that_is_wrong_is_found_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A", "geheim")
    place.start("global: {pw: {env: A}}\n")
    monkeypatch.delenv("A")
    with opened(place.state) as store:
        paths = [f"edge/m{number}" for number in range(5)]
        store.write(
            Batch(
                desired=tuple(
                    DesiredRecord(
                        path=path,
                        created_at=1.0,
                        at=1.0,
                        worker_type="mixer",
                        declared=b"",
                        desired=b"",
                    )
                    for path in paths
                )
            )
        )
    (place.state / JOURNAL).mkdir(exist_ok=True)
    (place.state / JOURNAL / "0000000009.journal").write_bytes(b"fsmv2 journal 99\n")
    journal, types, secret = place.found()
    assert journal.startswith("warning what is recorded cannot be read: ")
    assert "has journal format 99" in journal
    assert "5 workers (edge/m0, edge/m1, edge/m2 and 2 more) of the type 'mixer'" in types
    assert "--types" in types
    assert secret.startswith("error the environment variable 'A' is not set.")


def test_a_store_of_a_newer_version_is_a_problem_and_an_older_one_a_warning(place: Place) -> None:
    place.start()
    place.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    (problem,) = place.found()
    assert problem.startswith("error the store ")
    assert "was written by a newer fsmv2" in problem
    place.execute("DROP TABLE generation")
    place.execute("DROP TABLE head")
    place.execute("PRAGMA user_version = 3")
    before = (place.state / STORE).read_bytes()
    found = validate_stored(place.state)
    (warning,) = found.diagnostics
    assert warning.warning
    assert (
        f"the store has version 3; the start of this fsmv2 makes it version {schema.VERSION}"
        in (warning.message)
    )
    assert "store.db.version-3" in warning.fix
    assert (found.generation, found.source) == (0, str(place.file)), "its start reads the file"
    assert (place.state / STORE).read_bytes() == before
    place.file.write_text("agnt: {name: edge}\n")
    assert validate_stored(place.state).problems == 1


def test_a_history_without_a_head_and_an_empty_directory_are_problems(place: Place) -> None:
    with pytest.raises(NotRunningError, match="no state directory"):
        validate_stored(place.state)
    place.state.mkdir()
    assert "there is no store" in place.found()[0]
    place.start()
    place.execute("DELETE FROM head")
    assert "does not record which one runs" in " ".join(place.found())
