"""Nodes: where a problem of a rendered value is shown."""

from __future__ import annotations

from typing import Any

import pytest
from decoded_text import problems_rendered
from document_plant import Connection
from sample_document import node_at, sample_document

from fsmv2.diagnostic import Mark
from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder import Node, decode


def test_a_text_of_a_rendered_value_is_not_a_template_again() -> None:
    _, problems = decode(Node.from_data({"host": "h", "port": "{{ x }}"}, "connection"), Connection)
    assert [f"{p.path}: {p.message} {p.fix}" for p in problems] == [
        (
            "connection.port: expected a whole number from 1 to 65535, got the text '{{ x }}'. "
            "The value of a variable is not rendered again; write there what is meant."
        )
    ]


def test_a_wrong_value_is_shown_where_its_variable_is_set_and_where_it_is_used(
    plant: Document,
) -> None:
    (problem,) = problems_rendered(plant)
    assert problem.path == "bridges[0].variables.PORT"
    assert problem.render() == (
        "plant.yaml:4:52: error[FSM0123]: expected a whole number from 1 to 65535, got 150200.\n"
        "4 |   - {name: filler, variables: {IP: 10.0.0.1, PORT: 150200, T: 1}}\n"
        "                                                       ^^^^^^\n"
        "plant.yaml:2:34: the value is used here, as templates.plc.port\n"
        '2 |   plc: {host: "{{ .IP }}", port: "{{ .PORT }}", timeout: "{{ .T }}s"}\n'
        "                                     ^^^^^^^^^^^^^\n"
        "  fix: Write a whole number from 1 to 65535."
    )


def test_a_wrong_value_of_a_mixed_template_is_shown_at_the_template(plant: Document) -> None:
    (problem,) = problems_rendered(plant, port=502, timeout="1000s")
    assert problem.path == "bridges[0].connection.timeout"
    assert str(problem.mark) == "plant.yaml:2:58"
    assert problem.related == ()


def test_a_variable_whose_value_is_its_own_template_is_a_value_and_not_a_template(
    plant: Document,
) -> None:
    (problem,) = problems_rendered(plant, port="{{ .PORT }}")
    assert problem.path == "bridges[0].variables.PORT"
    assert problem.message.endswith("got the text '{{ .PORT }}'.")
    assert problem.fix == (
        "The value of a variable is not rendered again; write there what is meant."
    )


@pytest.fixture
def document() -> Document:
    return sample_document()


def test_get_goes_by_keys_and_indices(document: Document) -> None:
    root = document.root
    node = root.get("bridges", 0, "variables", "PORT")
    assert node is not None
    assert node.value == 502
    assert root.get("bridges", 5) is None
    assert root.get("bridges", "name") is None
    assert root.get("nothing", "below") is None
    assert scan_yaml("l: {0: acme}", "x").validated().root.get("l", 0) is not None


def test_to_data_gives_plain_values(document: Document) -> None:
    assert document.root.to_data() == {
        "agent": {"name": "edge"},
        "bridges": [
            {"name": "filler", "variables": {"IP": "127.0.0.1", "PORT": 502}},
            {"name": "capper", "note": "two\nlines\n"},
        ],
    }


def test_scalars_come_in_order(document: Document) -> None:
    assert [node.text for node in document.root.scalars()][:4] == [
        "edge",
        "filler",
        "127.0.0.1",
        "502",
    ]


def test_plain_data_becomes_nodes_without_places() -> None:
    node = Node.from_data({"a": [1, {"b": None}]}, "bridge")
    below = node.get("a", 1, "b")
    assert below is not None
    assert (below.path, below.mark, below.text) == ("bridge.a[1].b", None, "")
    assert node.to_data() == {"a": [1, {"b": None}]}
    assert below.problem("FSM0126", "no.").render() == "bridge.a[1].b: error[FSM0126]: no."


def test_replacing_scalars_keeps_the_places(document: Document) -> None:
    upper = document.root.render(lambda n: n.value.upper() if isinstance(n.value, str) else n.value)
    name = upper.get("bridges", 0, "name")
    assert name is not None
    assert (name.value, name.mark) == ("FILLER", node_at(document, "bridges[0].name").mark)
    assert upper.get("bridges", 0, "variables", "PORT") is node_at(
        document, "bridges[0].variables.PORT"
    )


def test_rendered_values_keep_the_places_of_their_templates(document: Document) -> None:
    variables = node_at(document, "bridges[0].variables")
    rendered = variables.render(lambda n: 502 if n.value == 502 else ["10.0.0.1", {"x": 3}])
    ip, first = rendered.get("IP"), rendered.get("IP", 0)
    assert ip is not None
    assert first is not None
    assert (ip.mark, ip.rendered) == (Mark("plant.yaml", 5, 21), True)
    assert (first.value, first.mark) == ("10.0.0.1", ip.mark)
    assert first.path == "bridges[0].variables.IP[0]"
    assert rendered.get("PORT") is variables.get("PORT")
    assert rendered.to_data() == {"IP": ["10.0.0.1", {"x": 3}], "PORT": 502}


def test_what_has_no_template_is_the_same_node_in_each_rendering() -> None:
    node = Node.from_data({"a": ["{{ .X }}", 1], "b": {"c": [2, "x"]}, "d": "}}"}, "read")
    assert node.filled({"a": [3, 1], "b": {"c": [2, "x"]}, "d": 1}).get("b") is not node.get("b")
    assert not node.keep_what_is_constant()
    filled = node.filled({"a": [{"y": 3}, 1], "b": {"c": [2, "x"]}, "d": 1})
    assert filled.to_data() == {"a": [{"y": 3}, 1], "b": {"c": [2, "x"]}, "d": 1}
    assert filled.get("b") is node.get("b")
    assert filled.get("a", 1) is node.get("a", 1)
    assert filled.get("a") is not node.get("a")
    below = filled.get("a", 0, "y")
    assert below is not None
    assert below.path == "read.a[0].y"


def test_a_value_of_one_variable_knows_where_it_is_declared() -> None:
    document = scan_yaml(
        't: {port: "{{ .PORT }}", mixed: "x{{ .PORT }}", regs: "{{- REGS }}"}\n'
        "v: {PORT: 5, REGS: [{n: 1}, {n: 2}]}\n",
        "plant.yaml",
    ).validated()
    asked: list[tuple[str, ...]] = []

    def origin(steps: tuple[str, ...]) -> Node | None:
        asked.append(steps)
        return document.root.get("v", *steps)

    data: dict[str, Any] = {"port": 5, "mixed": "x5", "regs": [{"n": 1}, {"n": 2}]}
    rendered = node_at(document, "t").render(lambda n: data[n.path.partition(".")[2]], origin)
    assert asked == [("PORT",), ("REGS",)]
    assert rendered.get("port").origin is document.node_of("v.PORT")  # type: ignore[union-attr]
    assert rendered.get("mixed").origin is None  # type: ignore[union-attr]
    inner = rendered.get("regs", 1, "n")
    assert inner is not None
    assert inner.origin is document.node_of("v.REGS[1].n")
    assert inner.mark == node_at(document, "t.regs").mark
