"""A graph has every worker with its state, and no name from outside breaks its form."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from fsmv2.operate.tree_graph import GraphNode, graph_text


def parsed(text: str) -> ElementTree.Element:
    """The SVG, which is our own text: nothing of it is foreign."""
    return ElementTree.fromstring(text)  # noqa: S314  (made here, and without a DTD)


TREE = [
    GraphNode("edge", "agent", "active", "running"),
    GraphNode("edge/filler", "bridge", "degraded_connection", "degraded"),
    GraphNode("edge/filler/dfc_read", "dataflow", "active", "running"),
]
HOSTILE = [GraphNode('a"]\n; x', "agent", "<script>&#1;\x1b[31m", "running")]


def test_mermaid_joins_parents_and_children_and_marks_phases() -> None:
    text = graph_text(TREE, "mermaid")
    assert text.startswith("flowchart TD\n")
    assert '  n1["filler (bridge): degraded_connection"]' in text
    assert "  n0 --> n1\n  n1 --> n2\n" in text
    assert "  class n0,n2 running" in text


def test_dot_is_a_directed_graph() -> None:
    text = graph_text(TREE, "dot")
    assert text.startswith("digraph tree {")
    assert text.endswith("}\n")
    assert "  n0 -> n1" in text


def test_svg_has_a_row_for_each_worker() -> None:
    root = parsed(graph_text(TREE, "svg"))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[1] == "filler (bridge): degraded_connection"
    assert int(root.attrib["height"]) > 3 * 20


def test_a_part_of_a_tree_begins_at_its_margin() -> None:
    root = parsed(graph_text(TREE[1:], "svg"))
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert [one.attrib["cx"] for one in circles] == ["17", "41"]


def test_names_from_outside_stay_texts() -> None:
    parsed(graph_text(HOSTILE, "svg"))
    for form in ("mermaid", "dot", "svg"):
        text = graph_text(HOSTILE, form)
        assert "\x1b" not in text
        assert "<script" not in text or form == "dot"
    assert "\\n" in graph_text(HOSTILE, "dot").splitlines()[3]


@pytest.mark.parametrize("form", ["mermaid", "dot", "svg"])
def test_an_empty_tree_is_a_graph(form: str) -> None:
    assert graph_text([], form)  # type: ignore[arg-type]
