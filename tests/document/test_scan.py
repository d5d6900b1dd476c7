"""From the text of a document to its tree."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from refused_text import refused

from fsmv2.document import scan_file, scan_yaml


def test_a_file_is_read_with_its_name_in_every_mark(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent:\n  name: edge\n")
    document = scan_file(file).validated()
    assert document.name == str(file)
    assert str(document.root.get("agent", "name").mark) == f"{file}:2:9"


@pytest.mark.parametrize("text", ["", "\n\n", "---\n", "# nothing\n", "\ufeff"])
def test_an_empty_document_is_refused(text: str) -> None:
    assert refused(text) == (
        "error[FSM0114]: plant.yaml: the document is empty.\n"
        "  fix: Write at least a section, for example:  agent: {name: edge}"
    )


def test_a_document_of_8000_lines_is_read_in_a_fraction_of_a_second() -> None:
    """The aim is 0.15 s on a quiet machine (`make bench`); this only catches a change of order."""
    entry = "  - name: filler-{n}\n    template: plc\n    variables: {{IP: 127.0.0.1, PORT: {n}}}\n"
    text = "bridges:\n" + "".join(entry.format(n=n) for n in range(2700))
    begin = time.process_time()
    document = scan_yaml(text, "plant.yaml").validated()
    assert time.process_time() - begin < 2.0
    assert len(document.root.get("bridges").value) == 2700  # type: ignore[union-attr]
