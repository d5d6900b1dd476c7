"""The tokens of templates: the leading dot, white space, and where each stands."""

from __future__ import annotations

from itertools import product

import pytest
from jinja2 import TemplateSyntaxError
from jinja_comparison import SCOPE, jinja, ours

from fsmv2.errors import TemplateError
from fsmv2.model import render_template

SIGNS = ("", "-", "+")


@pytest.mark.parametrize(("left", "right"), list(product(SIGNS, repeat=2)))
@pytest.mark.parametrize(
    "template",
    [
        " x \n {%< if on >%} \n y \n {%< endif >%} \n z",
        "x \t{%< for i in l >%} {{ i }} \n{%< endfor >%}\n",
        "x {%<set b = a>%} {{ b }}",
        " x \n {#< a comment >#} \n y",
        "{#<>#} y",
        " x \n {%< raw >%} \n {{ a }} \n {%< endraw >%} \n y",
        " x {%<raw>%}  {%<endraw>%} y",
        "{%< raw >%}{%< endraw >%}",
    ],
)
def test_white_space_is_taken_away_where_jinja_does(template: str, left: str, right: str) -> None:
    """`-` takes it, `+` keeps it; what Jinja refuses is refused."""
    written = template.replace("<", left).replace(">", right)
    try:
        expected = jinja(written)
    except TemplateSyntaxError:
        with pytest.raises(TemplateError, match="does not parse"):
            ours(written)
    else:
        assert ours(written) == expected


@pytest.mark.parametrize(("left", "right"), list(product(("", "-"), repeat=2)))
@pytest.mark.parametrize(
    "template", [" x \n {{< a >}} \n y", "{{<a>}}{{< n >}}", "x{{<'-'>}} y", " {{< -n >}} "]
)
def test_white_space_around_a_value(template: str, left: str, right: str) -> None:
    written = template.replace("<", left).replace(">", right)
    assert ours(written) == jinja(written)


@pytest.mark.parametrize(
    ("dotted", "plain"),
    [
        ("{{ .a }}", "{{ a }}"),
        ("{{ .a ~.n }}", "{{ a ~n }}"),
        ("{{ [.a,.n] }}", "{{ [a,n] }}"),
        ("{{ (.n)+.n }}", "{{ (n)+n }}"),
        ("{{ {'x':.n} }}", "{{ {'x':n} }}"),
        ("{{ .l[.l[0]] }}", "{{ l[l[0]] }}"),
        ("{{ .l[.l[0]:.n] }}", "{{ l[l[0]:n] }}"),
        ("{{ .n if .on else .a }}", "{{ n if on else a }}"),
        ("{{ not .on }}", "{{ not on }}"),
        ("{{ .on and .off or .on }}", "{{ on and off or on }}"),
        ("{{ .n in .l }}{{ .n not in .l }}", "{{ n in l }}{{ n not in l }}"),
        ("{{ 1<.n }}{{ -.n }}", "{{ 1<n }}{{ -n }}"),
        ("{{ x | default(.a) }}", "{{ x | default(a) }}"),
        ("{{ .l | join(.a) }}", "{{ l | join(a) }}"),
        ("{{ .d.k }}{{ .d .k }}{{ .d['k'] }}", "{{ d.k }}{{ d.k }}{{ d['k'] }}"),
        ("{{ .d.l.0 }}{{ .d.0 }}", "{{ d.l[0] }}{{ d['0'] }}"),
        ("{% if .on %}y{% elif .off %}z{% endif %}", "{% if on %}y{% elif off %}z{% endif %}"),
        (
            "{% for i in .l if .on %}{{ .i }}{% endfor %}",
            "{% for i in l if on %}{{ i }}{% endfor %}",
        ),
        ("{% set b = .a %}{{ .b }}", "{% set b = a %}{{ b }}"),
        ("{% with b = .a %}{{ .b }}{% endwith %}", "{% with b = a %}{{ b }}{% endwith %}"),
        ("{{ 'x'.__class__ | default(.a) }}", "{{ 'A' }}"),
        ("{{ .d.if | default(.a) }}", "{{ a }}"),
        ("{{ .if | default(.a) }}", "{{ a }}"),
        ("{{ .d.in.k | default(.a) }}", "{{ a }}"),
        ("{{ .d._scope_ | default(.a) }}", "{{ a }}"),
    ],
)
def test_a_leading_dot_changes_nothing(dotted: str, plain: str) -> None:
    """Wherever an operand may stand; after an operand it is an attribute's."""
    assert ours(dotted) == jinja(plain)


@pytest.mark.parametrize(
    ("template", "line", "column"),
    [
        ("x\n{{ a b }}", 2, 6),
        ("{{ a }}\n\n  {{ a | nope }}", 3, 10),
        ("{% raw %}\n{{ x }}{% endraw %}\n{{ ) }}", 3, 4),
        ("{# \n #}{{ ] }}", 2, 7),
        ("{{ (a }}", 1, 7),
        ("{{ [a) }}", 1, 6),
        ("{{ {'a': (1} }}", 1, 12),
        ("{{ a", 1, 4),
        ("ab{# x", 1, 3),
        ("ab{% raw %} x", 1, 3),
        ("{{ a }}{{ 'open }}", 1, 11),
    ],
)
def test_a_mistake_is_found_at_its_place(template: str, line: int, column: int) -> None:
    with pytest.raises(TemplateError) as caught:
        render_template(template, SCOPE)
    assert (caught.value.line, caught.value.column) == (line, column)
