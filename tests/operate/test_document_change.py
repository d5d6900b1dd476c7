"""A document that is edited while it runs: said with when, by content, and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fsmv2.operate import run_record
from fsmv2.operate.document_change import change_of, differs, invalid_text
from fsmv2.operate.run_record import RunRecord, keep_record, read_unchanged, record_in

DOCUMENT = "agent: {name: edge}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


def run_of(file: Path) -> RunRecord:
    """The record of a run that has just begun."""
    _, record = read_unchanged(file, lambda: None)
    assert record is not None
    return record


def test_h90_what_was_only_touched_is_what_runs(file: Path) -> None:
    record = run_of(file)
    os.utime(file, (0, 0))
    assert change_of(file, record) == ""
    file.write_text(DOCUMENT)
    assert change_of(file, record) == ""


def test_h90_a_change_is_said_with_both_times(file: Path) -> None:
    record = run_of(file)
    file.write_text(DOCUMENT + "# more\n")
    os.utime(file, (0, 1_000_000_000))
    said = change_of(file, record)
    assert said.startswith("the document was changed at 2001-09-")
    assert "; what runs is that of " in said
    assert said.endswith(f"; apply the newer one with `fsmv2 apply {file}`")
    assert differs(file, record)


def test_h90_one_that_is_wrong_or_gone_by_now_is_called_so(file: Path) -> None:
    record = run_of(file)
    file.write_text("agent: {nam: edge}\nbrokr: {}\n")
    said = change_of(file, record)
    assert f"the newer one is not valid: {file}:1:9: " in said
    assert said.endswith("(and 1 more mistake)")
    file.unlink()
    gone = change_of(file, record)
    assert "can no longer be read: there is no such file; what runs is that of " in gone


def test_h90_why_the_newer_one_does_not_run_is_said_where_that_is_known(file: Path) -> None:
    record = run_of(file)
    file.write_text(DOCUMENT + "# more\n")
    said = change_of(file, record, lambda _: "was not applied: it needs a restart.")
    assert said.endswith(", and the newer one was not applied: it needs a restart.")
    assert change_of(file, record, lambda _: "").endswith("`")
    assert invalid_text(OSError("no disk")) == "is not valid: no disk"


def test_h90_of_a_folder_the_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "plant.d"
    folder.mkdir()
    (folder / "agent.yaml").write_text(DOCUMENT)
    (folder / "global.yaml").write_text("global: {A: 1}\n")
    record = run_of(folder)
    (folder / "_left_out.yaml").write_text("no")
    assert change_of(folder, record) == ""
    (folder / "more.yaml").write_text("broker: {embedded: true}\n")
    (folder / "global.yaml").unlink()
    assert "(global.yaml, more.yaml); what runs" in change_of(folder, record)


def test_another_document_than_the_one_that_runs_is_called_so(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DOCUMENT)
    assert change_of(other, run_of(file)) == f"what runs is {file}, not {other}"


def test_the_record_is_of_what_was_read_though_it_changed_meanwhile(file: Path) -> None:
    reads = []

    def read() -> str:
        text = file.read_text()
        if not reads:
            file.write_text(DOCUMENT + "# changed while it was read\n")
        reads.append(text)
        return text

    text, record = read_unchanged(file, read)
    assert text == file.read_text()
    assert change_of(file, record) == ""


def test_a_record_on_a_full_disk_is_written_over_that_of_an_earlier_run(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_record(tmp_path, run_of(file))
    kept = record_in(tmp_path)
    assert kept is not None
    assert change_of(file, kept) == ""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_record, "replace_private", full)
    other = tmp_path / "other.yaml"
    keep_record(tmp_path, RunRecord(str(other), 2.0, {"": "of another"}))
    assert record_in(tmp_path) == RunRecord(str(other), 2.0, {"": "of another"}, "")
    keep_record(tmp_path, RunRecord("/plant", 3.0, {f"{n}.yaml": "x" * 64 for n in range(100)}))
    assert record_in(tmp_path) == RunRecord("/plant", 3.0, {}, ""), "it does not fit, and is short"
    monkeypatch.setattr(run_record, "_written_over", lambda *_: False)
    keep_record(tmp_path, run_of(file))
    assert record_in(tmp_path) is None
    assert change_of(file, None) == ""


def test_h90_a_link_that_leads_elsewhere_by_now_is_the_same_document(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).write_text(DOCUMENT + "# 3\n" * (name == "three"))
    link = tmp_path / "plant.yaml"
    link.symlink_to("one")
    record = run_of(link)
    said = []
    for target in ("two", "three", "nowhere"):
        link.unlink()
        link.symlink_to(target)  # as a mounted ConfigMap or a deployment does
        said.append(change_of(link, record))
    link.unlink()
    link.symlink_to("one")
    assert change_of(tmp_path / "one", record) == ""
    assert said[0] == ""
    assert said[1].startswith("the document was changed at ")
    assert "can no longer be read" in said[2]


def test_h90_a_folder_in_the_place_of_the_file_is_called_so(file: Path) -> None:
    record = run_of(file)
    file.unlink()
    file.mkdir()
    assert "can no longer be read: it is a folder, without" in change_of(file, record)
    file.rmdir()
    os.mkfifo(file)
    assert "can no longer be read: it is not a regular file" in change_of(file, record)
    file.unlink()
    file.symlink_to("elsewhere.yaml")
    assert "it is a link to 'elsewhere.yaml', which" in change_of(file, record)
    file.unlink()
    file.mkdir()
    (file / "a.yaml").write_text(DOCUMENT)
    assert " (it is a folder by now); " in change_of(file, record)
