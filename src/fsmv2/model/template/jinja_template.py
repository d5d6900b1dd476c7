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
    if not strange or strange not in message:
        return CLOSE_FIX
    return f"Write {straightened(source)}: {why(strange)}."


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
    return TemplateError(
        f"The template cannot be rendered: {what} (line {line}, column {column}).",
        line=line,
        column=column,
    )
