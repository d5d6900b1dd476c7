"""A saved plan is applied as it was saved; one that is not is refused with why, and the fix."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsmv2.document.source import decode_text
from fsmv2.errors import DocumentError, SpecError
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.saved_plan import read_plan, save_plan

PLAN = ChangePlan(generation=7, digest="of the text", untouched=3)
DOCUMENT = DocumentText(source="/srv/plant.yaml", files={"": b"agent: {name: edge}\n"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_plan(tmp_path / "change.plan", PLAN, DOCUMENT)
    return tmp_path / "change.plan"


def test_it_is_read_as_it_was_saved(file: Path) -> None:
    saved = read_plan(file)
    assert (saved.plan, saved.document) == (PLAN, DOCUMENT)


def edited(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def write(content: bytes) -> bytes:
        data = json.loads(content)
        change(data)
        return json.dumps(data, separators=(",", ":")).encode()

    return write


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "a negative generation": edited(lambda data: data["plan"].update(generation=-3)),
    "a huge generation": edited(lambda data: data["plan"].update(generation=10**30)),
    "a word for a generation": edited(lambda data: data["plan"].update(generation="seven")),
    "another digest": edited(lambda data: data["plan"].update(digest="0" * 64)),
    "a key too few": edited(lambda data: data["plan"].pop("digest")),
    "no document": edited(lambda data: data.pop("document")),
    "a key too many": edited(lambda data: data.update(more=1)),
    "no checksum": edited(lambda data: data.pop("checksum")),
    "a key twice": lambda content: content.replace(b'"plan":{', b'"plan":{"generation":9,', 1),
    "spaces of an editor": lambda content: json.dumps(json.loads(content), indent=2).encode(),
}
DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[: len(content) // 2],
    "cut off in its head": lambda content: content[:60],
    "no UTF-8 in it": lambda content: content[:40] + b"\xff\xfe" + content[40:],
    "two plans": lambda content: content + content,
}


@pytest.mark.parametrize(
    ("change", "how"),
    [
        *(pytest.param(one, "changed", id=name) for name, one in CHANGED.items()),
        *(pytest.param(one, "cut off or damaged", id=name) for name, one in DAMAGED.items()),
    ],
)
def test_one_that_is_not_as_it_was_saved_is_refused(
    file: Path, change: Callable[[bytes], bytes], how: str
) -> None:
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(SpecError) as caught:
        read_plan(file)
    assert caught.value.message == (
        f"the plan in {file} was {how} after it was saved. Nothing has changed."
    )
    assert "fsmv2 plan FILE -o PLAN" in caught.value.fix


@pytest.mark.parametrize("version", [b"1", b"99"])
def test_one_of_another_version_says_so(file: Path, version: bytes) -> None:
    file.write_bytes(file.read_bytes().replace(b"fsmv2 plan 2", b"fsmv2 plan " + version))
    with pytest.raises(SpecError, match="is of another version of fsmv2"):
        read_plan(file)
    file.write_bytes(b'{"format":"fsmv2 plan ' + version + b'","plan":{},"document":{}}')
    with pytest.raises(SpecError, match="is of another version of fsmv2"):
        read_plan(file)


@pytest.mark.parametrize("content", [b"", b"hello", b"[1, 2]", b"agent: {name: edge}\n"])
def test_another_file_is_called_no_plan(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SpecError, match="is not a saved plan"):
        read_plan(file)


def test_one_that_an_editor_has_had_is_still_no_document(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_bytes()), indent=2))
    with pytest.raises(DocumentError, match="this is a saved plan, expected a document"):
        decode_text(file.read_bytes(), str(file))
