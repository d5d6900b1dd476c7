"""`render`: the derived tree as YAML."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from fsmv2 import UserSpec
from fsmv2.cli.tree_yaml import as_yaml
from fsmv2.escaping import printable
from fsmv2.runtime import ExpandedWorker


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


def node(path: str, config: Any = None, problem: str = "") -> ExpandedWorker:
    return ExpandedWorker(
        path=path,
        type="bridge",
        control="active",
        declared=UserSpec(),
        spec=UserSpec(),
        config=config,
        problem=problem,
        depth=path.count("/"),
    )


def test_a_tree_is_one_nested_document() -> None:
    nodes = (
        node("edge"),
        node("edge/filler"),
        node("edge/filler/connection", config=Address("127.0.0.1", 502)),
        node("edge/capper", problem="variable 'PORT' is not defined"),
    )
    assert as_yaml(nodes) == (
        "edge:\n"
        "  type: bridge\n"
        "  state: active\n"
        "  children:\n"
        "    filler:\n"
        "      type: bridge\n"
        "      state: active\n"
        "      children:\n"
        "        connection:\n"
        "          type: bridge\n"
        "          state: active\n"
        "          config:\n"
        "            host: 127.0.0.1\n"
        "            port: 502\n"
        "    capper:\n"
        "      type: bridge\n"
        "      state: active\n"
        "      problem: variable 'PORT' is not defined\n"
    )


def test_a_subtree_keeps_its_whole_path() -> None:
    shown = yaml.safe_load(as_yaml((node("edge/filler"), node("edge/filler/connection"))))
    assert list(shown) == ["edge/filler"]
    assert list(shown["edge/filler"]["children"]) == ["connection"]


def test_texts_that_look_like_something_else_stay_texts() -> None:
    config = {"answer": "no", "zeros": "0123", "time": "12:30:00", "unit": "°C"}
    shown = as_yaml((node("edge", config=config),))
    assert yaml.safe_load(shown)["edge"]["config"] == config
    assert "°C" in shown


CORPUS = Path(__file__).parents[1] / "corpora" / "names"


@pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.name)
def test_any_text_is_read_back(file: Path) -> None:
    text = file.read_bytes().decode("utf-8", "surrogatepass")
    config = {"text": text, f"key {text}": [text, text * 30]}
    shown = as_yaml((node("edge", config=config),))
    assert printable(shown) == shown
    assert yaml.safe_load(shown)["edge"]["config"] == config


def test_letters_of_all_planes_stay_readable() -> None:
    assert "name: line 𝟛 🏭" in as_yaml((node("edge", config={"name": "line 𝟛 🏭"}),))


def test_half_a_character_is_escaped() -> None:
    assert 'name: "\\uD800"' in as_yaml((node("edge", config={"name": "\ud800"}),))
