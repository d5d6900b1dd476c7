"""Braces in results: out of variables they stay, of the template's own text they are refused."""

from __future__ import annotations

import pytest
from plc_scope import SCOPE

from fsmv2.errors import TemplateError
from fsmv2.model import (
    render_template,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% raw %}{{ .x }}{% endraw %}{{ .IP }}", "{{ .x }}10.0.0.1"),
        ("{% raw %}{% if %}{% endraw %}", "{% if %}"),
        ("{{ .evil }}", "{{ .IP }}"),
        ("<{{ .evil }}>", "<{{ .IP }}>"),
        ("{{ .evil | upper }}!", "{{ .IP }}!"),
        ("{{ .brace }}{{ .brace }}", "{{"),
        ("{{ .brace | lower }}{ x", "{{ x"),
        ("{ {#- c -#} x", "{x"),
        ("a{{ .word | upper }}{{ .brace }}", "aUNKNOWN{"),
        ("x{{ '' }}{{ .brace }}", "x{"),
        ("{% raw %}{{% endraw %}{% raw %}%{% endraw %}", "{%"),
    ],
)
def test_braces_out_of_raw_blocks_and_variables_stay(template: str, expected: str) -> None:
    """They are never rendered again, and no error."""
    assert render_template(template, SCOPE) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ '{{ .IP }}' }}",
        "{{ .x | default('{% if %}') }}",
        "{ {#- c #}{ .IP }",
        "no template }}",
        "{{ .IP }} }}",
        "{{ .IP | upper }} }}",
        "{{ '.IP }}' }}",
        "{ {#- c -#} {% raw %}% if{% endraw %}",
        "{ {%- if .on %}{{ .brace }}{% endif %}",
        "{ {{- '' }}{{ .brace }}",
        "{{ .IP",
        "{{",
        "{% raw %}",
        "{# open",
        "{{ . }}",
        "{{ {'a': 1 }",
        "{{ ) }}",
        "{{ (1] }}",
        "{% nope %}",
    ],
)
def test_leftovers_and_syntax_errors_show_how_to_write_a_literal(template: str) -> None:
    """The template's own words cannot put an opening into a result."""
    with pytest.raises(TemplateError) as caught:
        render_template(template, SCOPE)
    assert "{% raw %}" in caught.value.fix
