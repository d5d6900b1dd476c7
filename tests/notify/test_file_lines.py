"""Notifications in a file: a line each, private, bounded."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.notify.samples import told

from fsmv2.notify import FileSettings
from fsmv2.notify.channel import DeliveryError, Texts
from fsmv2.notify.file_lines import FileLines


def test_each_is_a_line_that_only_the_owner_reads(texts: Texts, tmp_path: Path) -> None:
    place = tmp_path / "n.jsonl"
    lines = FileLines(FileSettings(path=str(place)), texts)
    for text in ("one", "two\nlines"):
        assert lines.send(told(text)) == "written"
    assert [json.loads(line)["message"] for line in place.read_text().splitlines()] == [
        "one",
        "two lines",
    ]
    assert place.stat().st_mode & 0o777 == 0o600


def test_it_does_not_grow_for_ever(texts: Texts, tmp_path: Path) -> None:
    place = tmp_path / "n.jsonl"
    lines = FileLines(FileSettings(path=str(place), max_bytes=1000), texts)
    for number in range(20):
        lines.send(told(str(number)))
    assert place.stat().st_size <= 1000
    older = tmp_path / "n.jsonl.1"
    assert older.stat().st_size <= 1000
    assert older.stat().st_mode & 0o777 == 0o600
    assert json.loads(place.read_text().splitlines()[-1])["message"] == "19"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["n.jsonl", "n.jsonl.1"]


@pytest.mark.parametrize("what", ["pipe", "folder"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    texts: Texts, tmp_path: Path, what: str
) -> None:
    place = tmp_path / "n"
    if what == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(DeliveryError):
        FileLines(FileSettings(path=str(place)), texts).send(told())


def test_half_a_line_is_taken_back(
    texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not grow any more takes a part of what is written, as a full disk does."""
    place = tmp_path / "n.jsonl"
    lines = FileLines(FileSettings(path=str(place)), texts)
    lines.send(told("whole"))
    before = place.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(DeliveryError, match="no space is left"):
        lines.send(told("half"))
    assert place.read_bytes() == before
