"""A document that was read: its nodes by path, and diagnostics at a place."""

from __future__ import annotations

import pytest
from sample_document import node_at, sample_document

from fsmv2.diagnostic import Mark
from fsmv2.document import Document


@pytest.fixture
def document() -> Document:
    return sample_document()


def test_a_place_that_does_not_exist_has_no_mark(document: Document) -> None:
    for path in ("bridges[2]", "bridges.name", "agent.name.x", "agent..x", "[", "bridges[0]x]"):
        assert document.node_of(path) is None


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


def test_nodes_and_documents_say_what_they_are(document: Document) -> None:
    assert repr(document) == "<Document plant.yaml, 9 lines>"
    assert repr(document.root) == "<Node . mapping plant.yaml:1:1>"
    assert document.line(0) == document.line(99) == ""
