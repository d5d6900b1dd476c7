"""The typed decoder: what is taken, what is refused, and where a problem is shown."""

from __future__ import annotations

import msgspec
import pytest
from decoded_text import problems_of
from document_plant import Bridge, Connection, Limits, Mode, Plant, Register

from fsmv2.document import scan_yaml
from fsmv2.model.decoder import decode


class Empty(msgspec.Struct):
    """Without any key."""


def test_a_whole_document_becomes_structs_with_their_defaults() -> None:
    document = scan_yaml(
        "agent: {name: edge, location: [1, {x: ~}]}\n"
        "global: {rate: 5}\n"
        "protocolConverter:\n"
        "  - name: filler\n"
        "    connection: {host: h, port: 502, timeout: 500ms}\n"
        "    limits: {low: 1, high: 2}\n"
        "    mode: slow\n"
        "    every: 1m\n"
        "    registers: [{name: hot, scale: 2}]\n"
        "    pair: [3, x]\n"
        "    tags: [a]\n"
        "    either: text\n"
        "  - {name: capper}\n",
        "plant.yaml",
    ).validated()
    value, problems = decode(document.root, Plant)
    assert problems == []
    assert value == Plant(
        agent={"name": "edge", "location": [1, {"x": None}]},
        global_={"rate": 5},
        bridges=[
            Bridge(
                name="filler",
                connection=Connection(host="h", port=502, timeout=0.5),
                limits=Limits(low=1, high=2),
                mode=Mode.SLOW,
                every=60.0,
                registers=[Register(name="hot", scale=2.0)],
                pair=(3, "x"),
                tags=("a",),
                either="text",
            ),
            Bridge(name="capper"),
        ],
    )
    assert type(value.bridges[0].registers[0].scale) is float


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    text = "{port: 0, tiemout: 1s}\nbridges: 5"
    document = scan_yaml(f"connection: {text}", "plant.yaml").validated()
    node = document.root.get("connection")
    assert node is not None
    _, problems = decode(node, Connection)
    assert [(p.code, p.path) for p in problems] == [
        ("FSM0121", "connection"),
        ("FSM0123", "connection.port"),
        ("FSM0120", "connection.tiemout"),
    ]


@pytest.mark.parametrize(
    ("path", "shown"), [("", ".b"), ("x", "x.b"), ("x[0].y", "x[0].y.b"), (None, "a.b")]
)
def test_another_path_can_stand_for_that_of_the_node(path: str | None, shown: str) -> None:
    (problem,) = problems_of("{b: x}", dict[str, int], path)
    assert problem.split()[1] == shown


def test_a_path_can_be_given_to_a_whole_document() -> None:
    root = scan_yaml("a: x", "plant.yaml").validated().root
    assert decode(root, dict[str, int], path="p")[1][0].path == "p.a"
    assert (
        decode(scan_yaml("a.b: x", "f").validated().root, dict[str, int], path="p")[1][0].path
        == 'p["a.b"]'
    )
