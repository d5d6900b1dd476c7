"""The line of each tag: in the file, in a template of it, and in a generation that is older."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fsmv2.operate.topic_data import Topic
from fsmv2.operate.topic_lines import lines_of_file, lines_of_generation

DOCUMENT = """\
templates:
  plc:
    read:
      input: {generate: {tags: [
        {name: a},
        {name: b}]}}
bridges:
  - {name: filler, template: plc}
  - name: own
    template: plc
    read:
      input: {generate: {tags: [
        {name: c}]}}
"""


def topic(path: str, number: int, direction: Literal["read", "write"] = "read") -> Topic:
    return Topic(topic="t", path=path, tag="x", direction=direction, number=number)


def test_a_tag_stands_in_the_read_of_its_bridge_or_else_of_its_template(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    topics = [
        topic("edge/filler/dfc_read", 0),
        topic("edge/filler/dfc_read", 1),
        topic("edge/own/dfc_read", 0),
        topic("edge/own/dfc_read", 1),
        topic("edge/gone/dfc_read", 0),
        topic("edge/filler/dfc_write", 0, "write"),
    ]
    found = [one.line for one in lines_of_file(topics, file)]
    assert found == ["plant.yaml:5", "plant.yaml:6", "plant.yaml:13", "", "", ""]


def test_what_cannot_be_read_gives_no_lines(tmp_path: Path) -> None:
    topics = [topic("edge/filler/dfc_read", 0)]
    assert lines_of_file(topics, tmp_path / "gone.yaml") == topics
    assert lines_of_generation(topics, tmp_path) == topics
