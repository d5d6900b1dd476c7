"""Which part of a document declares whom, without knowing what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.core.state.paths import join
from fsmv2.operate.document_section import ALIASES, document_at, document_of, section_of
from fsmv2.plant.sections import PlantSection

DOCUMENT = """\
agent: {name: edge}
bridges:
  - {name: a/b%2F}
processes:
  web%: {command: [sleep]}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("edge", 1),
        (join("edge", "a/b%2F"), 3),
        (join("edge", "web%"), 5),
        ("edge/a", None),
        (join(join("edge", "a/b%2F"), "connection"), None),
    ],
)
def test_the_section_of_a_path_is_found(path: str, line: int | None, tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    for root in (document_at(file).root, document_of(file, {"": DOCUMENT.encode()}).root):
        found = section_of(root, path)
        assert (found.mark.line if found is not None and found.mark else None) == line


def test_a_folder_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("agent: {name: edge}\n")
    (tmp_path / "b.yaml").write_text("protocolConverter: [{name: filler}]\n")
    contents = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for root in (document_at(tmp_path).root, document_of(tmp_path, contents).root):
        found = section_of(root, "edge/filler")
        assert found is not None
        assert found.mark is not None
        assert Path(found.mark.file).name == "b.yaml"


def test_the_other_names_of_sections_are_those_of_the_plant() -> None:
    assert ALIASES == PlantSection.ALIASES
