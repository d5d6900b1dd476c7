"""Trees of templates: their size is limited, and what they read is known."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from plc_scope import Inner

from fsmv2.errors import TemplateError
from fsmv2.model import (
    render_template,
    template_references,
)
from fsmv2.model.template.limits import (
    MAX_DEPTH,
    MAX_NODES,
)


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """No test of this file may take 64 MiB."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_tree_is_held_to_its_nodes_and_depth_exactly() -> None:
    """A list of n constants has n + 3 nodes: the list, the output, the template."""
    room = MAX_NODES - 3
    assert len(render_template("{{ [" + "1," * room + "] }}", {})) == room
    with pytest.raises(TemplateError, match="The template is over the limit of 500 elements"):
        render_template("{{ [" + "1," * (room + 1) + "] }}", {})
    room = MAX_DEPTH - 2  # levels of filters below template and output
    assert render_template("{{ .s" + " | upper" * room + " }}", {"s": "a"}) == "A"
    with pytest.raises(TemplateError, match="nesting of the template is over the limit of 60"):
        render_template("{{ .s" + " | upper" * (room + 1) + " }}", {"s": "a"})


def test_a_template_knows_what_it_reads() -> None:
    """Paths in the scope, of every string in the structure."""
    structure = {
        "a": "{{ .IP }}:{{ .global.rate }}",
        "b": ["{% for i in .l %}{{ i }}{{ .d.a.b | upper }}{% endfor %}", 1],
        "c": Inner("{{ .location.0 }}", 5),
        "d": "plain",
    }
    assert template_references(structure) == {
        ("IP",),
        ("global", "rate"),
        ("l",),
        ("i",),
        ("d", "a", "b"),
        ("location", 0),
    }
