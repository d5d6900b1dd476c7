"""No imports go round in a circle, those for annotations included: each file can be read alone."""

from __future__ import annotations

import pytest
from import_graph import circles, import_graph


def test_a_circle_is_found_with_all_that_is_in_it() -> None:
    graph = {
        "a": {"b"},
        "b": {"c"},
        "c": {"b", "d"},
        "d": set(),
        "e": {"f"},
        "f": {"g"},
        "g": {"e"},
    }
    assert circles({name: frozenset(found) for name, found in graph.items()}) == [
        ["e", "f", "g"],
        ["b", "c"],
    ]


def test_the_imports_are_read_from_the_code() -> None:
    graph = import_graph("fsmv2.core")
    assert "fsmv2.core.tick" in graph["fsmv2.core.machine"]
    assert "fsmv2.core.state.tree" in graph["fsmv2.core.policy.author_errors"]
    assert len(graph) > 40


@pytest.mark.parametrize("package", ["fsmv2", "fsmv2.core"])
def test_no_imports_go_round_in_a_circle(package: str) -> None:
    assert circles(import_graph(package)) == []
