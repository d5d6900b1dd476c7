"""Rendering is timed for who asks for it, and texts that are looked up compiled are counted."""

from __future__ import annotations

import pytest

from fsmv2 import render_template
from fsmv2.errors import TemplateError
from fsmv2.model.template.render import COMPILED
from fsmv2.model.template.render_watch import RENDER_WATCH


class Watch:
    """Its clock goes on by a second at each look."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.took: list[float] = []

    def now(self) -> float:
        self.clock += 1.0
        return self.clock

    def rendered(self, seconds: float) -> None:
        self.took.append(seconds)


def test_each_structure_is_timed_also_one_that_cannot_be_rendered() -> None:
    watch = Watch()
    token = RENDER_WATCH.set(watch)
    try:
        render_template({"a": "{{ .A }}", "b": ["{{ .A }}"]}, {"A": 1})
        with pytest.raises(TemplateError):
            render_template("{{ .NOT }}", {"A": 1})
    finally:
        RENDER_WATCH.reset(token)
    render_template("{{ .A }}", {"A": 1})
    assert watch.took == [1.0, 1.0]


def test_a_text_is_compiled_once_and_then_found() -> None:
    text = "{{ .A }} of the test of the watch"
    before = (COMPILED.lookups, COMPILED.misses)
    for _ in range(3):
        render_template([text, "plain"], {"A": 1})
    assert (COMPILED.lookups - before[0], COMPILED.misses - before[1]) == (3, 1)
