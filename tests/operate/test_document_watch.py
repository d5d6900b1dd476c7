"""A look at a document takes only what two looks in a row find the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fsmv2.operate import document_watch
from fsmv2.operate.document_files import digests
from fsmv2.operate.document_watch import DocumentWatch

TEXT = "agent: {name: edge}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(TEXT)
    return file


def watch_of(file: Path) -> DocumentWatch:
    """It has looked until nothing moves."""
    watch = DocumentWatch(file, digests(file))
    while watch.moving:
        watch.look()
    return watch


def found_by(watch: DocumentWatch) -> list[bool]:
    """Of three looks, whether each found another text than there was before all of them."""
    before, found = watch.text, []
    for _ in range(3):
        watch.look()
        found.append(watch.text != before)
    return found


def test_h90_what_is_still_being_written_is_not_taken(file: Path) -> None:
    watch = watch_of(file)
    before = watch.text
    for piece in ("# mo", "# more", "# more\n"):
        file.write_text(TEXT + piece)
        watch.look()
        assert (watch.moving, watch.text) == (True, before)
    assert found_by(watch) == [True, True, True]
    assert watch.text == digests(file)
    assert not watch.moving


def by_rename(file: Path) -> None:
    """As editors save."""
    file.with_suffix(".new").write_text(TEXT + "# more\n")
    file.with_suffix(".new").rename(file)


def by_removal(file: Path) -> None:
    file.unlink()


def in_place(file: Path) -> None:
    file.write_text(TEXT + "# more\n")


@pytest.mark.parametrize("change", [by_rename, by_removal, in_place])
def test_h90_each_way_to_change_a_file_is_seen_at_the_second_look(
    file: Path, change: Callable[[Path], None]
) -> None:
    watch = watch_of(file)
    change(file)
    assert found_by(watch) == [False, True, True]
    assert watch.text == digests(file)


def test_a_file_that_is_only_touched_says_what_it_said(file: Path) -> None:
    watch = watch_of(file)
    os.utime(file, (0, 0))
    assert found_by(watch) == [False, False, False]
    by_removal(file)
    watch.look()
    file.write_text(TEXT)  # as an editor that removes it first
    assert found_by(watch) == [False, False, False]


def test_h90_a_mounted_config_map_whose_link_is_turned_is_seen(tmp_path: Path) -> None:
    """Kubernetes has a link for each file, through a link to the folder of the day."""
    for day, text in (("..1", TEXT), ("..2", TEXT + "# more\n")):
        (tmp_path / day).mkdir()
        (tmp_path / day / "plant.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "plant.yaml").symlink_to("..data/plant.yaml")
    watches = [watch_of(tmp_path / "plant.yaml"), watch_of(tmp_path)]
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert [found_by(watch) for watch in watches] == [[False, True, True]] * 2


def test_h90_a_checkout_that_writes_one_file_after_the_other_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(TEXT)
    watch = watch_of(tmp_path)
    before = watch.text
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text("global: {}\n")
        watch.look()
        assert watch.text == before
    watch.look()
    assert sorted(watch.text) == ["a.yaml", "agent.yaml", "b.yaml", "c.yaml"]


def test_what_is_written_while_it_is_read_is_looked_at_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watch_of(file)
    before = watch.text

    def digests_of_a_moving_file(document: Path) -> dict[str, str]:
        found = digests(document)
        file.write_text(TEXT + "# more and more\n")
        return found

    in_place(file)
    watch.look()
    monkeypatch.setattr(document_watch, "digests", digests_of_a_moving_file)
    watch.look()
    assert (watch.moving, watch.text) == (True, before)
