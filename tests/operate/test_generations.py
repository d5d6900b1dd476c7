"""The generations of a tree: made at a start, shown and compared without a credential."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from fsmv2.errors import DocumentError, StoreError, UnknownGenerationError
from fsmv2.operate import generation_keeping, generations, open_tree, prepare, state_directory
from fsmv2.operate.generations import difference, generation, history, shown
from removed_folder import remove_folder

PLANT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'


class Place:
    """A document and a state directory; `start` is a run that comes to its end, or does not."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plant.yaml"
        self.state = folder / "state"
        self.file.write_text(PLANT)

    def start(self, *, ends: bool = True) -> tuple[int, str]:
        with prepare(self.file, state_dir=self.state) as prepared:
            pass
        if ends:
            prepared.ended()
        assert prepared.generation is not None
        return prepared.generation.number, prepared.warning

    def change(self, text: str) -> None:
        self.file.write_text(PLANT + text)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_start_with_another_text_makes_the_next_generation(place: Place) -> None:
    assert [place.start()[0], place.start()[0]] == [1, 1], "the same text is the same one"
    place.change("# a comment\n")
    assert place.start() == (2, "")
    kept, head = history(place.state)
    assert [one.number for one in kept] == [1, 2]
    assert head is not None
    assert (head.number, head.ended) == (2, True)
    assert kept[0].source == str(place.file)


def test_after_an_unclean_end_what_ran_last_runs_on(place: Place) -> None:
    place.start(ends=False)
    place.change("# newer\n")
    number, warning = place.start()
    assert number == 1
    assert "the last run did not end properly, so generation 1 runs on" in warning
    assert place.start()[0] == 2, "that one did come to its end"


def test_a_file_that_is_wrong_or_gone_leaves_the_last_one_running(place: Place) -> None:
    place.start()
    place.file.write_text("agnt: {}\n")
    with prepare(place.file, state_dir=place.state) as prepared:
        assert "is not valid: generation 1 runs on" in prepared.warning
        assert [one.code for one in prepared.problems][:1] == ["FSM0120"]
        assert prepared.plant.root.name == "edge"
    place.file.unlink()
    assert "does not exist: generation 1 runs on" in place.start()[1]


def test_a_file_that_is_wrong_from_the_beginning_is_refused(place: Place) -> None:
    place.file.write_text("agnt: {}\n")
    with pytest.raises(DocumentError):
        place.start()


def test_a_folder_is_one_document(tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "a.yaml").write_text(PLANT)
    (folder / "b.yaml").write_text("global: {x: 1}\n")
    with prepare(folder, state_dir=tmp_path / "state") as prepared:
        assert prepared.generation is not None
    found = generation(tmp_path / "state")
    assert set(found.files) == {"a.yaml", "b.yaml"}
    (folder / "b.yaml").write_text("global: [")
    with prepare(folder, state_dir=tmp_path / "state") as prepared:
        assert prepared.plant.root.name == "edge"
        assert "is not valid" in prepared.warning


def test_a_managed_tree_needs_no_file(place: Place) -> None:
    with prepare(None, state_dir=place.state, init=place.file) as prepared:
        assert prepared.head is not None
        assert prepared.head.managed
    place.file.unlink()
    with prepare(None, state_dir=place.state) as again:
        assert again.plant.root.name == "edge"
        assert again.warning == ""
    place.change("")
    again_begun = prepare(None, state_dir=place.state, init=place.file)
    with pytest.raises(StoreError, match="keeps a document already"), again_begun:
        pass
    with pytest.raises(StoreError, match="this tree is managed"):
        place.start()


def test_without_a_file_something_has_to_be_kept(place: Place) -> None:
    with pytest.raises(StoreError, match="needs a state directory"), prepare(None):
        pass
    with pytest.raises(StoreError, match="keeps no document"), prepare(None, state_dir=place.state):
        pass
    assert not place.state.exists()
    place.start()
    with pytest.raises(StoreError, match="follows the file"), prepare(None, state_dir=place.state):
        pass
    begun = prepare(None, state_dir=place.state, init=place.file)
    with pytest.raises(StoreError, match="keeps a document already") as raised, begun:
        pass
    assert raised.value.fix is not None
    assert f"fsmv2 run {place.file}" in raised.value.fix


def test_a_relative_secret_file_is_refused_where_there_is_no_folder(place: Place) -> None:
    (place.file.parent / "pw").write_text("geheim")
    (place.file.parent / "pw").chmod(0o600)
    place.change("global: {pw: {file: pw}}\n")
    begun = prepare(None, state_dir=place.state, init=place.file)
    with (
        pytest.raises(DocumentError, match="relative, and the document is in no folder"),
        begun,
    ):
        pass
    place.change(f"global: {{pw: {{file: {place.file.parent / 'pw'}}}}}\n")
    with prepare(None, state_dir=place.state, init=place.file):
        pass


def test_a_store_that_cannot_be_written_runs_and_says_not_durable(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.start()
    place.change("# newer\n")

    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full.")

    monkeypatch.setattr("fsmv2.store.SqliteStore.commit", full)
    number, warning = place.start()
    assert number == 2
    assert "generation 2 of the document is in force, not durable: the disk is full" in warning


def test_one_that_is_not_kept_is_said_with_those_that_are(place: Place) -> None:
    place.start()
    with pytest.raises(UnknownGenerationError, match=r"generation 7 .* not kept") as raised:
        generation(place.state, 7)
    assert "1 to 1" in raised.value.fix


def test_a_credential_that_changed_is_told_and_not_shown(place: Place) -> None:
    place.change("global: {password: one}\n")
    place.start()
    place.change("global: {password: two}\n")
    place.start()
    text = difference(generation(place.state, 1), generation(place.state, 2))
    assert text == "# the document: only credentials or line ends changed"
    assert "one" not in "".join(shown(generation(place.state, 1).files).values())
    assert generations.digest_of({"a": b"", "b": b"x"}) != generations.digest_of({"ab": b"x"})


async def test_what_runs_is_kept_as_soon_as_the_store_works_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_keeping, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(state_directory, "LOOK_EVERY", 0.1)
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(lambda view: len(view.nodes) == 2, timeout=200)
        remove_folder(place.state)
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(StoreError):
                    if history(place.state)[0]:
                        break
                await asyncio.sleep(0.1)
        assert generation(place.state).files == {"": PLANT.encode()}
