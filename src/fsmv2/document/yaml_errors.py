"""What libyaml says about a text that is not YAML, in plain words and with the next step."""

from __future__ import annotations

import re
from typing import Any

import yaml

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.document.document import Document
from fsmv2.document.node_builder import unquoted_template
from fsmv2.document.yaml_repairs import characters, repair

# A value that begins with {{ after a colon, a dash, a comma or an opening bracket.
_TEMPLATE = re.compile(r"^[^\"'#]*?(?:[:,-]\s+|[\[{]\s*)(?=\{\{)")
_INDENT_TAB = re.compile(r" *\t")

# Part of libyaml's (or of the pure parser's) problem → code, message, fix. The first that fits.
_KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "FSM0105",
        "this line is indented deeper than the one above it, which has a value already.",
        "Indent the line like its neighbours.",
    ),
    (
        "block sequence entries are not allowed",
        "FSM0105",
        "a list entry `- ` is not possible here.",
        "Put the list in lines of its own below the key, each entry with `- `.",
    ),
    (
        "unknown escape character",
        "FSM0105",
        "a backslash in double quotes is followed by a character that has no meaning there.",
        r"Use single quotes, 'C:\data', or double the backslash.",
    ),
    (
        "hexdec",
        "FSM0105",
        r"an escape such as \x41 or \u0041 in double quotes is not complete.",
        "Use single quotes if the backslash is meant as it stands.",
    ),
    (
        "invalid Unicode character escape",
        "FSM0105",
        "an escape in double quotes stands for no character.",
        "Use single quotes if the backslash is meant as it stands.",
    ),
    (
        "mapping keys are not allowed",
        "FSM0105",
        "a value cannot begin with `? `, which YAML keeps for itself.",
        "Put the value in quotes if it is text.",
    ),
    (
        "found undefined tag handle",
        "FSM0111",
        "the tag with ! is not allowed; a document is data only.",
        "Remove the tag, or put the value in quotes if it is text.",
    ),
    (
        "could not find expected ':'",
        "FSM0105",
        "this line is not `key: value`; its colon, or the space after it, is missing.",
        "Write a colon and a space after the key.",
    ),
    (
        "expected chomping or indentation",
        "FSM0105",
        "| or > is followed by something that does not belong there.",
        "Begin the text in the next line, indented; or put it in quotes.",
    ),
    (
        "expected comment or line break",
        "FSM0105",
        "| or > is followed by something that does not belong there.",
        "Begin the text in the next line, indented; or put it in quotes.",
    ),
    (
        "expected a comment or a line break",
        "FSM0105",
        "| or > is followed by something that does not belong there.",
        "Begin the text in the next line, indented; or put it in quotes.",
    ),
    (
        "incompatible YAML document",
        "FSM0105",
        "the %YAML line asks for a version that does not exist.",
        "Remove the line.",
    ),
    (
        "expected <document start>",
        "FSM0105",
        "this does not belong to what is above it.",
        "Check the indentation: keys of one mapping begin in one column.",
    ),
)


def plain_words(error: yaml.YAMLError, document: Document, text: str) -> Diagnostic:
    """The problem, its place, and the fix."""
    problem_mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    context_mark = getattr(error, "context_mark", None) or problem_mark
    problem = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    at, begin = _mark(problem_mark, document), _mark(context_mark, document)

    if (ended := _line_separator(text, {at.line, begin.line}, document)) is not None:
        return ended
    for number in (at.line, begin.line, at.line - 1):
        if (block := _template_line(number, document)) is not None:
            return block
    if (copied := repair(document, text, error, begin.line, characters)) is not None:
        return copied
    template = _unquoted(at, document) or _unquoted(begin, document)
    if template is not None:
        return template
    if _INDENT_TAB.match(document.line(at.line)) and "quoted" not in context:
        return document.diagnostic(
            Mark(at.file, at.line, 1),
            "FSM0116",
            "this line is indented with a tab.",
            fix="Indent with spaces, two for each level; YAML does not allow tabs there. Editors "
            "can be set to insert spaces.",
            length=len(document.line(at.line)) - len(document.line(at.line).lstrip()),
        )
    if "mapping values are not allowed" in problem and (twice := _two_colons(at, document)):
        return twice
    if (repaired := repair(document, text, error, begin.line)) is not None:
        return repaired
    if "quoted scalar" in context and ("end of stream" in problem or "document" in problem):
        return document.diagnostic(
            begin,
            "FSM0117",
            "the quotes that open here are never closed.",
            fix="Add the closing quote at the end of the text.",
        )
    if _is_open_bracket(problem, context):
        return _bracket(at, begin, document)
    if "cannot start any token" in problem:
        return _cannot_begin(at, document)
    if "expected alphabetic or numeric character" in problem:
        return _alias_of_text(begin, document)
    for part, code, message, fix in _KNOWN:
        if part in problem:
            at = begin if part.startswith("could not find") else at
            return document.diagnostic(at, code, message, fix=fix)
    if "did not find expected" in problem or "but found" in problem or "but got" in problem:
        return _misfit(at, document)
    about = f"{problem} ({context})" if context else problem
    return document.diagnostic(
        at, "FSM0105", f"this is not YAML: {about}.", fix="Put the value in quotes if it is text."
    )


_SEPARATORS = "\x85\u2028\u2029"
"""Characters that end a line for YAML, and that editors show as none or as a space."""
_TEMPLATE_BLOCK = re.compile(
    r"\s*(?:\{\{-?\s*(?:if|else|end|range|with|define|include|template|block|/\*)\b[^}]*\}*|\{%.*|\{\{.*\}\}\s*\Z)"
)


def _line_separator(text: str, numbers: set[int], document: Document) -> Diagnostic | None:
    """A character of a web page or word processor in which a line ends that was not to."""
    lines = text.splitlines(keepends=True)
    for number in sorted({one for at in numbers for one in (at - 1, at)}):
        if 0 < number <= len(lines) and (end := lines[number - 1][-1:]) in _SEPARATORS and end:
            line = document.line(number)
            return document.diagnostic(
                Mark(document.name, number, len(line) + 1),
                "FSM0119",
                f"the character U+{ord(end):04X} at the end of this line begins a new one, though "
                "no editor shows it.",
                fix="Remove it, and join both lines.",
            )
    return None


def _template_line(number: int, document: Document) -> Diagnostic | None:
    """`{{- if .Values.x }}` or `{% for ... %}` in a line of its own, as in charts and playbooks."""
    line = document.line(number)
    if len(line) > _LONGEST_BLOCK or (found := _TEMPLATE_BLOCK.match(line)) is None:
        return None
    column = len(line) - len(line.lstrip()) + 1
    return document.diagnostic(
        Mark(document.name, number, column),
        "FSM0118",
        "a template can stand in a value only, in quotes, and not around keys and lines.",
        fix="Write out what is to be here, or render the file with its own program first.",
        length=len(found[0].strip()),
    )


_LONGEST_BLOCK = 500


def _alias_of_text(begin: Mark, document: Document) -> Diagnostic:
    """`*.0.0.1`, which begins like an alias and goes on like none."""
    rest = document.line(begin.line)[begin.column - 1 :][:60]
    word = re.match(r"[^\s,\]}\"]+", rest)
    written = word[0] if word else rest[:1]
    return document.diagnostic(
        begin,
        "FSM0105",
        "a name is missing after * or &, which mark aliases and anchors in YAML.",
        fix=f'Put the value in quotes if it is text: "{written}".',
        length=len(written),
    )


def _is_open_bracket(problem: str, context: str) -> bool:
    return "expected ',' or" in problem or (
        "flow" in context and ("node content" in problem or "stream end" in problem)
    )


def _bracket(at: Mark, begin: Mark, document: Document) -> Diagnostic:
    opened = document.line(begin.line)[begin.column - 1 : begin.column]
    if opened not in ("[", "{"):  # libyaml gives the place of an empty pair within
        return _misfit(begin, document)
    close = {"[": "]", "{": "}"}[opened]
    where = "at the end of the file" if at.line > len(document.lines) else f"in line {at.line}"
    return document.diagnostic(
        begin,
        "FSM0117",
        f"the bracket {opened} that opens here is not closed: {where}, a comma or {close} was "
        "expected.",
        fix=f"Add the missing comma or {close}; or, if it is text, put it in quotes.",
    )


def _misfit(at: Mark, document: Document) -> Diagnostic:
    """Something stands where nothing of the kind can: the usual reasons, by what stands around."""
    line = document.line(at.line)
    before, here = line[: at.column - 1].rstrip(), line[at.column - 1 : at.column]
    hint = _open_quote(at, document)
    if here and here in "]}":
        message = f"this bracket {here} closes nothing."
        fix = "Remove it, or put the value in quotes if it is text."
    elif before.endswith(("'", '"')):
        message = "the quotes before this are complete, so nothing can follow here."
        fix = "Put the quotes around the whole value; a ' in single quotes is written twice, ''."
    elif here == ":":
        message = "there is no key before the colon."
        fix = "Write the key, or put the text in quotes if the colon is part of it."
    elif here == ",":
        message = "there is nothing before this comma."
        fix = "Remove the comma, or write the value that is missing before it."
    else:
        message = "this does not fit the lines above it."
        fix = "Check the indentation: keys of one mapping begin in one column."
        if not before and (above := _above(at, document)) is not None:
            message = f"this line begins in column {at.column}, and does not fit those above it."
            number, column = above
            fix += f" The key in line {number} begins in column {column}."
    return document.diagnostic(at, "FSM0105", message, fix=fix + hint)


def _above(at: Mark, document: Document) -> tuple[int, int] | None:
    """Number of the last line above that says something, and the column of its key."""
    for number in range(at.line - 1, max(0, at.line - 200), -1):
        line = document.line(number)
        if line.strip() and not line.lstrip().startswith("#"):
            return number, len(line) - len(line.lstrip(" -")) + 1
    return None


def _two_colons(at: Mark, document: Document) -> Diagnostic | None:
    """`name: filler: line 1`; None when the colon is the first of its line."""
    line = document.line(at.line)
    key, colon, rest = line[: at.column - 1].partition(": ")
    if not colon:
        return None
    value = rest.lstrip() + line[at.column - 1 :][:100].partition(" #")[0].rstrip()
    fix = "Put the value in quotes."
    if re.match(r"[^\s,]+, [A-Za-z_][\w-]*\Z", rest):  # name: filler, template: plc
        fix = "Write each key in a line of its own, or all of them in { and }."
    elif len(value) <= 200 and value[0] not in "'\"[{" and value.isprintable():
        quoted = value.replace("'", "''")
        fix = f"Put the value in quotes: {key.strip(' -')}: '{quoted}'"
    message = "this line has a second colon with a space after it."
    return document.diagnostic(at, "FSM0105", message, fix=fix)


def _cannot_begin(at: Mark, document: Document) -> Diagnostic:
    rest = document.line(at.line)[at.column - 1 :][:60]
    word = re.match(r"[^\s,\]}\"]*", rest)
    message = f"a value cannot begin with {rest[:1]}, which YAML keeps for itself."
    fix = f'Put the value in quotes: "{word[0]}".' if word and word[0] else "Put it in quotes."
    length = len(word[0]) if word else 1
    return document.diagnostic(at, "FSM0105", message, fix=fix, length=length)


def _unquoted(at: Mark, document: Document) -> Diagnostic | None:
    found = _TEMPLATE.match(document.line(at.line)[:2000])
    if found is None:
        return None
    return unquoted_template(document, Mark(at.file, at.line, found.end() + 1))


def _open_quote(at: Mark, document: Document) -> str:
    """A hint at the last line above with a quote too many, which is where such errors begin."""
    for number in range(at.line, max(0, at.line - 200), -1):
        line = document.line(number).partition(" #")[0]
        if line.replace('\\"', "").count('"') % 2:
            return f" Or a quote is missing: line {number} has an odd number of them."
    return ""


def _mark(mark: Any, document: Document) -> Mark:
    return (
        Mark(document.name, mark.line + 1, mark.column + 1) if mark else Mark(document.name, 1, 1)
    )
