"""What a template's author is told, word for word.

The golden files are read by people: `golden_templates.txt` holds templates and what they are
refused with, and whether `compile`, which knows no scope, refuses them; `golden_hostile.txt` holds
the messages for those of `test_limits`, by name. Each message begins with line and column;
`…` stands for words that are Python's own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from test_limits import HOSTILE
from test_limits import SCOPE as LARGE
from test_render import SCOPE

from fsmv2.errors import TemplateError
from fsmv2.model import Template, render_template

HERE = Path(__file__).parent


def sections(name: str) -> list[tuple[str, str]]:
    """Title and body of each section of a golden file."""
    parts = (HERE / name).read_text(encoding="utf-8").split("=== ")[1:]
    return [(title, body[:-1]) for title, _, body in (part.partition("\n") for part in parts)]


def templates() -> list[tuple[str, bool, str]]:
    """Template, whether it is refused when compiled, and what is said of it."""
    found = []
    for title, body in sections("golden_templates.txt"):
        template, _, rest = f"{title}\n{body}".partition("\n--- says")
        when, _, said = rest.partition("\n")
        assert when in ("", " when compiled"), template
        found.append((template, bool(when), said))
    return found


def compiled(template: str) -> str:
    """What `compile` refuses it with, or empty."""
    try:
        Template.compile(template)
    except TemplateError as error:
        return f"{error.line}:{error.column} {error}"
    return ""


def told(template: str, scope: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        render_template(template, scope)
    text = f"{caught.value.line}:{caught.value.column} {caught.value}"
    # Python's own words differ from one version to the next.
    return re.sub(r"(cannot be rendered: ).* (\(\w+Error\) \(line)", r"\1… \2", text)


@pytest.mark.parametrize(("template", "_", "said"), templates())
def test_a_wrong_template_is_told_what_to_mend(template: str, _: bool, said: str) -> None:
    assert told(template, SCOPE) == said


@pytest.mark.parametrize(("name", "said"), sections("golden_hostile.txt"))
def test_a_hostile_template_is_told_which_limit_it_breaks(name: str, said: str) -> None:
    assert told(HOSTILE[name], LARGE) == said


def test_every_hostile_template_is_told_something() -> None:
    assert [name for name, _ in sections("golden_hostile.txt")] == list(HOSTILE)


@pytest.mark.parametrize(("template", "early", "said"), templates())
def test_what_is_refused_before_it_is_rendered_is_told_the_same(
    template: str, early: bool, said: str
) -> None:
    """By `compile`, which knows no scope: a variable that is missing is no matter there."""
    assert compiled(template) == (said if early else "")


def test_templates_of_both_kinds_are_there() -> None:
    assert {early for _, early, _ in templates()} == {True, False}
