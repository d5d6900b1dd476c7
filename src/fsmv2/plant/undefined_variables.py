"""A template names a variable that is not set: where to set it, or which name was meant.

The renderer knows the names that are set; only the document knows where one is added, and in which
line the one that was meant stands. Called by `render_checks` and `processes`.
"""

from __future__ import annotations

from collections.abc import Sequence

from fsmv2.diagnostic import Mark
from fsmv2.errors import TemplateError, UndefinedVariableError
from fsmv2.model import ENGINE_KEYS, RESERVED_KEYS
from fsmv2.model.decoder import Node
from fsmv2.model.decoder.node_paths import join
from fsmv2.name_suggestions import nearest

_SHOWN = 8
"""Names of a section that a fix lists."""
_PREFIXES_ELSEWHERE = (
    "variables",
    "vars",
    "var",
    "user",
    "Values",
    "values",
    "env",
    "self",
    "bridge",
)
"""What other programs write before the name of a variable."""


class MeantVariables:
    """What to do about each variable that is not set, and what is known from that.

    `paths`: of variables that were probably meant. Whoever repairs the one repairs the other: that
    nothing reads it need not be reported. `fixes`: from the fix for one bridge to that for several,
    for which no line can be given.
    """

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.fixes: dict[str, str] = {}

    def fix_of(
        self,
        error: UndefinedVariableError,
        template: Node,
        owner: Node,
        whose: str,
        global_: Node | None,
    ) -> str:
        """The fix. `owner` is a bridge or process, `whose` its words, `global_` that section."""
        file = template.mark.file if template.mark is not None else ""
        first, *rest = error.variable.split(".")
        if first == "global":
            return self._global(rest[0], global_, file) if len(rest) == 1 else error.fix
        if first in ENGINE_KEYS or first in RESERVED_KEYS:
            return error.fix
        own = owner.get("variables")
        names = _names(own)
        if rest:
            fix = _elsewhere(first, rest, names, _names(global_)) or _of_parts(first, rest, names)
            return fix or error.fix
        if first in _names(global_):
            return f"Write '.global.{first}', which is set{_line(global_, first, file)}."
        near = nearest(first, [*names, *ENGINE_KEYS])
        if near is not None and own is not None and near in names:
            self.paths.add(join(own.path, near))
            where = _line(own, near, file)
            fix = f"Did you mean '{near}'? It is set{where}: use one name in both places."
            for_several = f"Did you mean '{near}'? It is set there: use one name in all places."
            return self._also(fix, for_several)
        if near is not None:
            return f"Did you mean '{near}'?"
        if own is None or own.kind != "mapping":
            fix = f"Add `variables: {{{first}: ...}}` to {whose}{_at(owner, file)}."
            return self._also(fix, f"Add `{first}: ...` to the variables of each.")
        fix = f"Add `{first}: ...` to the variables of {whose}{_at(own, file)}{_which_are(names)}."
        return self._also(fix, f"Add `{first}: ...` to the variables of each.")

    def _also(self, fix: str, for_several: str) -> str:
        self.fixes[fix] = for_several
        return fix

    def _global(self, name: str, section: Node | None, file: str) -> str:
        names = _names(section)
        if section is None or not names:
            return f"Add a section `global:` with `{name}: ...` in it."
        near = nearest(name, names)
        if near is None:
            at = f"{_at(section, file)}{_which_are(names)}"
            return f"Add `{name}: ...` to the section `global:`{at}."
        self.paths.add(join(section.path, near))
        line = _line(section, near, file)
        return f"Did you mean '{near}'? It is set{line}: use one name in both places."


def _elsewhere(
    first: str, rest: Sequence[str], names: Sequence[str], globals_: Sequence[str]
) -> str:
    """What to write for `.Values.IP`; '' where nothing is known."""
    if first not in _PREFIXES_ELSEWHERE:
        return ""
    if rest[0] in names:
        return f"Write '.{'.'.join(rest)}': nothing stands before the name of a variable here."
    return f"Write '.global.{'.'.join(rest)}'." if rest[0] in globals_ else ""


def _of_parts(first: str, rest: Sequence[str], names: Sequence[str]) -> str:
    """What to write for `.IP.x`, `.globl.rate` and `.env.X`; '' where nothing is known."""
    if first in names:
        if rest[0] in names:  # {{ .IP .PORT }} is read as one name
            return f"Write each in braces of its own: {{{{ .{first} }}}}{{{{ .{rest[0]} }}}}."
        return f"Write '.{first}', which has no parts."
    if first.casefold() in ("env", "environ", "environment"):
        return (
            f"Declare a variable with the value {{env: {rest[0]}}}, such as `{rest[0]}: {{env: "
            f"{rest[0]}}}`, and write '.{rest[0]}' here."
        )
    near = nearest(first, ["global", "location"])
    return f"Write '.{'.'.join([near, *rest])}'." if near is not None else ""


def _names(node: Node | None) -> list[str]:
    return [str(key) for key in node.value] if node is not None and node.kind == "mapping" else []


def _line(node: Node | None, key: str, file: str) -> str:
    span = node.keys.get(key) if node is not None else None
    return f" in {_place(span[0], file)}" if span is not None else ""


def _at(node: Node, file: str) -> str:
    mark = node.key[0] if node.key is not None else node.mark
    return f" in {_place(mark, file)}" if mark is not None else ""


def _place(mark: Mark, file: str) -> str:
    """Where something stands; of another file, with its name."""
    return f"line {mark.line}" if mark.file == file else f"{mark.file}:{mark.line}"


def _which_are(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"; set there: {', '.join(names[:_SHOWN])}{more}"


def without_place(error: TemplateError) -> str:
    """The message of an error whose place in the document is shown beside it."""
    if error.line != 1:
        return error.message  # the place is that of the whole text, which has several lines
    return error.message.replace(f" (line {error.line}, column {error.column})", "")
