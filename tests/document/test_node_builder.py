"""From YAML to nodes: where every key and value stands, aliases and merges."""

from __future__ import annotations

import pytest
from sample_document import node_at, sample_document

from fsmv2.diagnostic import Mark
from fsmv2.document import Document, scan_yaml


@pytest.fixture
def document() -> Document:
    return sample_document()


@pytest.mark.parametrize(
    ("path", "line", "column", "length"),
    [
        ("agent", 2, 3, 1),
        ("agent.name", 2, 9, 4),
        ("bridges", 4, 3, 1),
        ("bridges[0]", 4, 5, 1),
        ("bridges[0].variables", 5, 16, 1),
        ("bridges[0].variables.PORT", 5, 40, 3),
        ("bridges[1].name", 6, 11, 8),
    ],
)
def test_every_value_knows_its_place_and_length(
    document: Document, path: str, line: int, column: int, length: int
) -> None:
    node = node_at(document, path)
    assert node.path == path
    assert node.mark == Mark("plant.yaml", line, column)
    assert node.length == length


def test_every_key_knows_its_place_and_length(document: Document) -> None:
    variables = node_at(document, "bridges[0].variables")
    assert variables.keys["PORT"] == (Mark("plant.yaml", 5, 32), 6)
    assert variables.key == (Mark("plant.yaml", 5, 5), 9)


def test_a_quoted_value_says_how_far_its_content_lies_behind_its_place(document: Document) -> None:
    assert node_at(document, "bridges[1].name").column_offset == 1
    assert node_at(document, "bridges[0].name").column_offset == 0


def test_keys_are_text_whatever_they_look_like() -> None:
    root = scan_yaml("0: a\ntrue: b\n~: c\nno: d\n", "x").validated().root
    assert root.to_data() == {"0": "a", "true": "b", "~": "c", "no": "d"}


def test_an_alias_has_the_place_of_its_anchor_and_a_path_of_its_own() -> None:
    document = scan_yaml(
        "a: &plc\n  port: 502\nb: *plc\nc: &n 5\nd: *n\n", "plant.yaml"
    ).validated()
    port = node_at(document, "b.port")
    assert port.value == 502
    assert port.path == "b.port"
    assert port.mark == Mark("plant.yaml", 2, 9)
    used = node_at(document, "b")
    assert used.key == (Mark("plant.yaml", 3, 1), 1)
    assert document.root.to_data()["d"] == 5


def test_an_anchor_given_again_means_the_later_one() -> None:
    assert scan_yaml("a: &x 1\nb: &x 2\nc: *x\n", "x").validated().root.to_data()["c"] == 2


def test_a_merge_takes_over_keys_and_written_ones_win() -> None:
    document = scan_yaml(
        "a: &a {host: h, port: 1}\nb:\n  port: 2\n  <<: *a\n  unit: 3\n", "plant.yaml"
    ).validated()
    merged = node_at(document, "b")
    assert merged.to_data() == {"port": 2, "unit": 3, "host": "h"}
    assert node_at(document, "b.host").mark == Mark("plant.yaml", 1, 14)
    assert node_at(document, "b.host").path == "b.host"
    assert merged.keys["host"] == (Mark("plant.yaml", 1, 8), 4)


def test_of_several_merged_mappings_the_earlier_wins() -> None:
    root = scan_yaml("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc:\n  <<: [*a, *b]\n", "x").validated().root
    assert root.to_data()["c"] == {"x": 1, "y": 3}


def test_a_merge_key_in_quotes_is_a_key() -> None:
    assert scan_yaml("a: {'<<': 1}", "x").validated().root.to_data() == {"a": {"<<": 1}}
