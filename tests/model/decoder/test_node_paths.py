"""Places in a document as text, written and read back."""

from __future__ import annotations

import pytest
from sample_document import node_at, sample_document

from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder.node_paths import join, parse_path


@pytest.fixture
def document() -> Document:
    return sample_document()


@pytest.mark.parametrize(
    "key", ["plain", "modbus-plc", "0", "a.b", "a b", 'q"q', "a[0]", "ü", "\\"]
)
def test_paths_are_written_and_read_back(key: str) -> None:
    path = join(join("", key), "x") + "[3]" + join("y", key).removeprefix("y")
    assert parse_path(path) == (key, "x", 3, key)


def test_a_key_with_a_dot_stands_in_quotes_in_a_path() -> None:
    document = scan_yaml("a: {b.c: 1}", "x").validated()
    assert node_at(document, 'a["b.c"]').path == 'a["b.c"]'
