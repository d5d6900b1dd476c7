"""The Jinja road: templates with filters, conditions or loops.

Parse with Jinja's parser, rewrite the tree (template_rewrite.py), compile it with Jinja's
compiler, run it in the sandbox (template_runtime.py). Whatever goes wrong comes out as a
TemplateError with line and column. Called by template.py for what the fast road does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser
from jinja2.runtime import Undefined

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import TemplateError
from fsmv2.lookalike_characters import lookalike, straightened, why
from fsmv2.model.data.plain_copy import detach
from fsmv2.model.template.environment import Run, Sandbox
from fsmv2.model.template.limits import CLOSE_FIX, Work, check_text
from fsmv2.model.template.nested_braces import check_seam, disown
from fsmv2.model.template.reference_templates import position
from fsmv2.model.template.rewrite import Rewriter
from fsmv2.model.template.scope import Path

_RESULT = "_result"  # no author's name can be it: reads of it go to the scope
_sandbox = Sandbox()


class JinjaTemplate:
    """A compiled template of the Jinja road."""

    __slots__ = ("references", "root", "source", "whole")

    def __init__(
        self, source: str, root: Callable[[Run], Iterator[str]], whole: bool, reads: set[Path]
    ) -> None:
        self.source = source
        self.root = root
        self.whole = whole
        self.references = frozenset(reads)

    def render(self, scope: Mapping[str, Any], work: Work | None = None) -> Any:
        """The value of a template that is one expression, else text; raises TemplateError.

        `work` is what may still be done for the structure that it is part of.
        """
        run = Run(_sandbox, scope, self.source, work or Work())
        try:
            if not self.whole:
                return self._text(run)
            list(self.root(run))  # an assignment, which yields no text
            value = run.vars[_RESULT]
            if isinstance(value, Undefined):
                str(value)
            return disown(detach(value))
        except TemplateError as error:
            if error.line == 1 and error.column == 1:
                error.line, error.column = position(self.source, run.offset)
            raise
        except ANY_RAISED as error:
            raise _foreign(error, self.source, run.offset) from error

    def _text(self, run: Run) -> str:
        parts: list[str] = []
        length = 0
        last, last_own = "", False
        for part in self.root(run):
            check_seam(last, part, last_own, run.own)
            if part:  # an empty piece leaves the brace before it for the next one
                last, last_own = part, run.own
            run.own = False
            length += len(part)
            check_text(length)
            parts.append(part)
        return "".join(parts)


def compile_jinja(source: str) -> JinjaTemplate:
    """Compile a template; raises TemplateError with line and column."""
    try:
        tree = Parser(_sandbox, source).parse()
        rewriter = Rewriter(tree, _sandbox.dot_lexer.raw, _sandbox.dot_lexer.dotted)
        whole = _whole(tree)
        if whole is not None:
            value = rewriter.expression(whole)
            tree.body = [nodes.Assign(nodes.Name(_RESULT, "store"), value)]
        else:
            rewriter.statement(tree)
        tree.set_environment(_sandbox)
        code = _sandbox.compile(tree)
        template = _sandbox.template_class.from_code(_sandbox, code, {})
    except TemplateSyntaxError as error:
        line, column = position(source, error.lineno)
        raise TemplateError(
            f"The template does not parse: {_plain(error.message)} (line {line}, column {column}).",
            line=line,
            column=column,
            fix=_syntax_fix(source, error.message or ""),
        ) from error
    except TemplateError as error:
        error.line, error.column = position(source, error.line if (error.line or 1) > 1 else 0)
        raise
    except ANY_RAISED as error:
        raise _foreign(error, source, 0) from error
    return JinjaTemplate(source, template.root_render_func, whole is not None, rewriter.references)


_OTHER_WORDS = (
    (r"unexpected end of template, expected 'end of print statement'", "its '}}' is missing"),
    (r"unexpected 'end of template'", "it ends too early"),
    (
        r"Expected an expression, got 'end of print statement'",
        "there is nothing between '{{' and '}}'",
    ),
    (
        r"Expected an expression, got 'end of statement block'",
        "an expression is missing before '%}'",
    ),
    (
        r"unexpected 'end of (?:print statement|statement block)'",
        "an expression is missing before it ends",
    ),
    (r"expected token 'end of print statement', got 'string'", "a text stands where '}}' belongs"),
    (
        r"expected token 'end of print statement', got '(.*)'",
        r"'\1' stands where '}}' belongs",
    ),
    (
        r"expected token 'end of statement block', got '(.*)'",
        r"'\1' stands where '%}' belongs",
    ),
    (r"expected token 'name', got '(.*)'", r"'\1' stands where a name belongs"),
    (r"expected token '(.*)', got '(.*)'", r"'\2' stands where '\1' belongs"),
    (r"Encountered unknown tag ('.*')", r"there is no tag \1 here"),
    (
        r"Unexpected end of template\. .* following tags: (.*)\. .* closed is ('.*')",
        r"the block \2 is not closed; expected \1",
    ),
)
"""What Jinja says in terms of its own grammar, and what a person sees."""


def _plain(message: str | None) -> str:
    text = (message or "it is not complete").rstrip(".")
    for theirs, ours in _OTHER_WORDS:
        if (found := re.fullmatch(theirs, text)) is not None:
            return found.expand(ours)
    return text


def _syntax_fix(source: str, message: str) -> str:
    """The fix is about a character where that is what cannot be read."""
    strange = lookalike(source)
    if strange and strange in message:
        return f"Write {straightened(source)}: {why(strange)}."
    if (block := re.search(r"block that needs to be closed is '(\w+)'", message)) is not None:
        return f"Add {{% end{block[1]} %}} behind what belongs to it."
    if (end := re.search(r"unknown tag 'end(\w+)'", message)) is not None:
        return f"Remove it, or write {{% {end[1]} ... %}} before what belongs to it."
    return next((fix for sign, fix in _OTHER_LANGUAGES if re.search(sign, source)), CLOSE_FIX)


_OTHER_LANGUAGES = (
    (
        r"\{\{-?\s*(if|else|end|range|with)\b",
        "Write {% if ... %} and {% endif %}, or {% for ... %}.",
    ),
    (r"\{\{\{", "Write two braces: {{ .NAME }}."),
    (r"\{\{-?\s*\$", "Write the name with a dot before it: {{ .NAME }}."),
    (r"&&", "Write `and` for `&&`."),
    (r"\|\|", "Write `or` for `||`."),
    (r"\?[^:}]*:", "Write it as `A if CONDITION else B`."),
    (
        r"\|\s*\w+\s+['\"\w]",
        "Write what a filter is given in brackets: {{ .NAME | default('x') }}.",
    ),
    (r"\{\{-?\s*printf?\b", "Write the variables where they belong in the text: a-{{ .NAME }}-b."),
    (r"!\s*\.?\w", "Write `not` for `!`."),
)
"""How other languages of templates write things, and what is written here."""


def _whole(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is nothing else, or None."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    children = tree.body[0].nodes
    if len(children) != 1 or isinstance(children[0], nodes.TemplateData):
        return None
    return children[0]


def _foreign(error: BaseException, source: str, offset: int) -> TemplateError:
    """What Python or Jinja raised, as an error of ours."""
    line, column = position(source, offset)
    if isinstance(error, RecursionError | MemoryError):
        what = "it is nested too deeply"
    else:
        what = f"{error} ({type(error).__name__})"
    fix = ""
    if (filter_ := _NOT_GIVEN.match(str(error))) is not None:
        names = ", ".join(re.findall(r"'(\w+)'", filter_[2]))
        what = f"the filter '{filter_[1]}' is not given {names}"
        fix = f"Write what it needs in brackets after it: {filter_[1]}(...)."
    elif (filter_ := _TOO_MANY.match(str(error))) is not None:
        what = f"the filter '{filter_[1]}' is given what it does not take"
        fix = "Leave out what stands in its brackets, or some of it."
    elif isinstance(error, ZeroDivisionError):
        what, fix = "it divides by zero", "Check what it divides by."
    return TemplateError(
        f"The template cannot be rendered: {what} (line {line}, column {column}).",
        line=line,
        column=column,
        fix=fix,
    )


_NOT_GIVEN = re.compile(r"(?:do)?_?(\w+)\(\) missing [0-9]+ required positional arguments?: (.*)")
_TOO_MANY = re.compile(
    r"(?:do)?_?(\w+)\(\) (?:takes [^:]* arguments? but|got an unexpected keyword argument)"
)
