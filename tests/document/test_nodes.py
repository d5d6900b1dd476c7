"""Nodes: where everything stands, what plain values mean, aliases, merges, rendered values."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.document import Document, scan_yaml
from fsmv2.errors import DocumentError
from fsmv2.model.decoder import Node, in_order
from fsmv2.model.decoder.node_paths import join, parse_path

TEXT = """\
agent:
  name: edge
bridges:
  - name: filler
    variables: {IP: 127.0.0.1, "PORT": 502}
  - name: 'capper'
    note: |
      two
      lines
"""


@pytest.fixture
def document() -> Document:
    return scan_yaml(TEXT, "plant.yaml").validated()


def value_of(text: str) -> Any:
    return scan_yaml(f"a: {text}", "plant.yaml").validated().root.to_data()["a"]


def node_at(document: Document, path: str) -> Node:
    node = document.node_of(path)
    assert node is not None
    return node


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


def test_a_place_that_does_not_exist_has_no_mark(document: Document) -> None:
    for path in ("bridges[2]", "bridges.name", "agent.name.x", "agent..x", "[", "bridges[0]x]"):
        assert document.node_of(path) is None


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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5e-3", -0.0015),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ("10.0.0.1", "10.0.0.1"),
        ("500ms", "500ms"),
        ("-", None),
        ("--", "--"),
        (".", "."),
        ('"12"', "12"),
        ("'true'", "true"),
        ('""', ""),
        ("!!str 12", "12"),
        ("! 12", "12"),
    ],
)
def test_plain_values_mean_what_yaml_12_says(text: str, value: Any) -> None:
    if text == "-":
        assert value_of("\n  -") == [None]
    else:
        found = value_of(text)
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.INF", "+.Inf"])
def test_a_number_that_json_does_not_have_is_refused(text: str) -> None:
    """It would be null in the store, and in what is shown to programs."""
    with pytest.raises(DocumentError) as refused:
        value_of(f"{{a: {text}}}")
    found = refused.value.diagnostics[0]
    assert found.code == "FSM0113"
    assert found.mark is not None
    assert f'"{text}" in quotes' in found.fix
    assert value_of(f'"{text}"') == text


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


@pytest.mark.parametrize(
    "key", ["plain", "modbus-plc", "0", "a.b", "a b", 'q"q', "a[0]", "ü", "\\"]
)
def test_paths_are_written_and_read_back(key: str) -> None:
    path = join(join("", key), "x") + "[3]" + join("y", key).removeprefix("y")
    assert parse_path(path) == (key, "x", 3, key)


def test_a_key_with_a_dot_stands_in_quotes_in_a_path() -> None:
    document = scan_yaml("a: {b.c: 1}", "x").validated()
    assert node_at(document, 'a["b.c"]').path == 'a["b.c"]'


def test_a_diagnostic_can_be_made_at_a_node_and_at_a_mark(document: Document) -> None:
    node = node_at(document, "agent.name")
    assert document.diagnostic(node, "FSM0126", "no.", fix="Yes.").render() == (
        "plant.yaml:2:9: error[FSM0126]: no.\n2 |   name: edge\n            ^^^^\n  fix: Yes."
    )
    at = document.diagnostic(
        Mark("plant.yaml", 2, 3), "FSM0126", "no.", path="agent", length=4, warning=True
    )
    assert at.render() == ("plant.yaml:2:3: warning[FSM0126]: no.\n2 |   name: edge\n      ^^^^")
    assert at.path == "agent"


def test_a_caret_stands_below_wide_characters_and_tabs() -> None:
    document = scan_yaml("a: {温度: x, b:\t'é', e\u0301: 5}", "plant.yaml").validated()
    line, caret = node_at(document, "a.b").problem("FSM0126", "no.").render().split("\n")[1:]
    assert line == "1 | a: {温度: x, b:\t'é', e\u0301: 5}"
    assert caret == "    " + " " * 4 + " " * 4 + " " * 7 + "\t^^^"


def test_problems_come_in_the_order_of_the_file_each_once() -> None:
    first, second = (
        Diagnostic(code="C", message="m", mark=Mark("f", line, 1), path=str(line))
        for line in (1, 2)
    )
    again = Diagnostic(code="C", message="m", mark=Mark("f", 1, 1), path="through an alias")
    bare = [Diagnostic(code="C", message="m", path=path) for path in "ab"]
    assert in_order([second, first, again, *bare]) == [*bare, first, second]


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


def test_nodes_and_documents_say_what_they_are(document: Document) -> None:
    assert repr(document) == "<Document plant.yaml, 9 lines>"
    assert repr(document.root) == "<Node . mapping plant.yaml:1:1>"
    assert document.line(0) == document.line(99) == ""
