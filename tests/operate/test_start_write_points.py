"""A start is killed before each call that changes a file: what is kept is whole, and it goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.operate import prepare
from fsmv2.operate.generations import generation, history
from fsmv2.operate.state_directory import STORE
from write_points import killed_at_each_point

OLD = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
NEW = OLD.replace("edge", "rim")
WRITTEN_BY_0_1_0 = Path(__file__).parents[1] / "store/written_by_0_1_0/plant.db"

FOLLOWING = """
from pathlib import Path
from fsmv2.operate import prepare

def main(folder):
    with prepare(Path(folder, "plant.yaml"), state_dir=Path(folder, "state")) as prepared:
        assert prepared.durable
        print("acknowledged", flush=True)
    prepared.ended()
"""
MANAGED = """
from pathlib import Path
from fsmv2.operate import prepare

def main(folder):
    with prepare(None, init=Path(folder, "plant.yaml"), state_dir=Path(folder, "state")):
        print("acknowledged", flush=True)
"""

pytestmark = [pytest.mark.campaign, pytest.mark.real, pytest.mark.timeout(900)]


def kept(folder: Path) -> list[int]:
    """The generations that another shell sees, each with its text, and the newest is the head."""
    found, head = history(folder / "state")
    assert head is not None
    assert head.number == found[-1].number
    for one in found:
        text = generation(folder / "state", one.number).files
        assert text == {"": (OLD if one.number == 1 else NEW).encode()}
    return [one.number for one in found]


def started(folder: Path) -> str:
    """Start it as an operator would next; the name of the agent that runs."""
    with prepare(folder / "plant.yaml", state_dir=folder / "state") as prepared:
        assert prepared.warning == ""
        assert prepared.durable
    return prepared.plant.root.name


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A folder with a document of which nothing is kept yet."""
    folder = tmp_path / "first"
    folder.mkdir()
    (folder / "plant.yaml").write_text(OLD)
    return folder


def test_a_first_start_that_is_killed_begins_again(first: Path) -> None:
    for _, folder, acknowledged, _ in killed_at_each_point(first, FOLLOWING):
        if acknowledged:
            assert kept(folder) == [1]
        assert started(folder) == "edge"
        assert kept(folder) == [1]


def test_a_start_that_is_killed_runs_what_the_file_says_the_next_time(first: Path) -> None:
    """The last run came to its end: so it does whether the new generation was written or not."""
    with prepare(first / "plant.yaml", state_dir=first / "state") as prepared:
        pass
    prepared.ended()
    (first / "plant.yaml").write_text(NEW)
    seen = []
    for _, folder, acknowledged, _ in killed_at_each_point(first, FOLLOWING):
        seen.append(kept(folder))
        assert seen[-1] == [1, 2] or not acknowledged
        assert started(folder) == "rim"
        assert kept(folder) == [1, 2]
    assert seen[0] == [1]
    assert seen == sorted(seen)


def test_a_start_on_the_store_of_an_older_version_that_is_killed_goes_on(first: Path) -> None:
    (first / "state").mkdir()
    shutil.copy(WRITTEN_BY_0_1_0, first / "state" / STORE)
    whole = WRITTEN_BY_0_1_0.read_bytes()
    for _, folder, acknowledged, _ in killed_at_each_point(first, FOLLOWING):
        copy = folder / "state" / f"{STORE}.version-2"
        if acknowledged:
            assert kept(folder) == [1]
            assert copy.exists()
        assert started(folder) == "edge"
        assert kept(folder) == [1]
        assert len(copy.read_bytes()) == len(whole)


def test_a_managed_tree_whose_beginning_is_killed_keeps_its_document_or_begins_again(
    first: Path,
) -> None:
    seen = []
    for _, folder, acknowledged, _ in killed_at_each_point(first, MANAGED):
        refused = ""
        try:
            with prepare(None, state_dir=folder / "state") as prepared:
                assert prepared.plant.root.name == "edge"
        except StoreError as error:
            refused = error.message
            with prepare(None, state_dir=folder / "state", init=folder / "plant.yaml"):
                assert not acknowledged
        assert "keeps no document" in refused or not refused
        seen.append(not refused)
        assert kept(folder) == [1]
    assert not seen[0]
    assert seen == sorted(seen)
