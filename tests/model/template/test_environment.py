"""Known ways out of Jinja sandboxes: a template reads data, and nothing else exists for it."""

from __future__ import annotations

import pytest

from fsmv2.errors import TemplateError
from fsmv2.model import UserSpec, render_template
from fsmv2.model.template.environment import Sandbox

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ '' | attr('__class__') }}",
    "{{ ''['__cl' ~ 'ass__'] }}",
    "{{ [].append(1) }}",
    "{{ {}.update({}) }}",
    "{{ .s.format }}",
    "{{ '{0.__class__}'.format(.s) }}",
    "{{ '{0.__class__}' | format(.s) }}",
    "{{ .s.format_map({}) }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ context.parent }}",
    "{{ lipsum.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__class__ }}",
    "{{ range }}",
    "{{ dict(a=1) }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{{ .l | map(attribute='__class__') | list }}",
    "{{ .l | map('attr', '__class__') | list }}",
    "{{ .l | groupby('__class__') }}",
    "{{ .l | sort(attribute='__class__') }}",
    "{{ .l | selectattr('__class__') | list }}",
    "{{ .f.__globals__ }}",
    "{{ .f() }}",
    "{{ .o.method() }}",
    "{{ .o.__struct_fields__ }}",
    "{{ .o.__class__ }}",
    "{{ .m.keys() }}",
    "{{ .m.__len__ }}",
    "{% for i in .l %}{{ loop.__class__ }}{% endfor %}",
    "{% for i in .l %}{{ loop._iterable }}{% endfor %}",
    "{% for i in .l %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for i in .l %}{{ loop.changed(i) }}{% endfor %}",
    "{{ x.__class__ }}",
    "{{ (.x | default('')).__class__ }}",
    "{{ .missing.__class__ }}",
    "{{ .missing._fsm_error }}",
    "{{ '' | _root(('s',), 0) }}",
    "{{ '' | _pick(('s',), 0, '') }}",
    "{{ _scope_ }}",
    "{% set _scope_ = 1 %}",
    "{{ 1 is callable }}",
    "{{ 1 is filter('upper') }}",
    "{{ .s | xmlattr }}",
    "{{ .s | pprint }}",
    "{% debug %}",
    "{% do .l.append(1) %}",
    "{% trans %}a{% endtrans %}",
    "{% autoescape false %}{% endautoescape %}",
    "{{ _('a') }}",
    "{{ super() }}",
    "{{ caller() }}",
    "{{ __import__('os') }}",
    "{{ ().__class__ if true }}",
    "{{ (1).real }}",
    "{{ 1.5.real }}",
    "{{ 'a'.0.__class__ }}",
]


def harmless() -> str:
    """A function that found its way into a scope."""
    return "called"


class Data(UserSpec):
    """A struct in a scope, with a method."""

    a: int = 1

    def method(self) -> str:
        """Not for templates."""
        return "called"


SCOPE = {"s": "text", "l": [1, 2], "m": {"a": 1}, "f": harmless, "o": Data()}


@pytest.mark.parametrize("template", ESCAPES)
def test_an_escape_is_refused(template: str) -> None:
    """By a TemplateError, also inside text."""
    for source in (template, template + " text"):
        with pytest.raises(TemplateError):
            render_template(source, SCOPE)


def test_what_jinja_reads_by_itself_is_data_too() -> None:
    """Should a read ever slip past what rewrites them, it is the sandbox that is asked."""
    sandbox = Sandbox()
    assert sandbox.getattr({"a": 1}, "a") == sandbox.getattr(Data(), "a") == 1
    for value, name in (("", "__class__"), ({}, "keys"), (Data(), "method"), ([], "append")):
        with pytest.raises(TemplateError, match="An item without the attribute"):
            str(sandbox.getattr(value, name))


def test_names_of_our_own_machinery_are_not_in_the_scope() -> None:
    """Internal filters can be reached by computed name only, and then see nothing but data."""
    with pytest.raises(TemplateError):
        render_template("{{ ['a'] | map('_pick', ['__class__'], 0, 'a') | list }}", SCOPE)
    with pytest.raises(TemplateError):
        render_template("{{ [none] | map('_root', ['s', '__class__'], 0) | list }}", SCOPE)


def test_a_key_with_the_name_of_a_method_is_the_key() -> None:
    """Also where no such key exists: then it is missing, and not the method."""
    assert render_template("{{ .m.items }}", {"m": {"items": 3}}) == 3
    assert render_template("{{ .m['__class__'] }}", {"m": {"__class__": "k"}}) == "k"
    with pytest.raises(TemplateError, match="has no 'items'"):
        render_template("{{ .m.items }}", {"m": {"a": 3}})
