"""Warnings for what a document says and nothing reads: most often a name that was misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from fsmv2 import Diagnostic
from fsmv2.errors import TemplateError
from fsmv2.model import template_references
from fsmv2.model.decoder import Node
from fsmv2.name_suggestions import nearest

Paths = frozenset[tuple[str | int, ...]]
UNREAD = "FSM0140"
UNCLEAR: Paths = frozenset(((),))
"""What a section reads of which a template cannot be read."""


class Unused:
    """Told of what is read, one bridge after the other; warns of the rest."""

    def __init__(self, warnings: list[Diagnostic], meant: Collection[str] = ()) -> None:
        """`meant`: paths of variables that were meant where another is not set.

        They are read once that is repaired, so `rest`, which comes last, does not warn of them.
        """
        self._warnings = warnings
        self._meant = meant
        self._unread: list[Diagnostic] = []
        # By identity of a section that bridges may share. It is kept, as ids are used again.
        self._read: dict[int, tuple[Any, Paths]] = {}
        self._globals: set[str] = set()
        self._everything = False
        self._templates: set[str] = set()

    def reads(self, *sections: Any) -> set[str] | None:
        """The user variables that rendering these may read; takes note of the global ones.

        None: nobody can tell, because a template of them cannot be read.
        """
        names: set[str] = set()
        unclear = False
        for section in sections:
            paths = self._paths(section)
            if paths is UNCLEAR:
                unclear = self._everything = True
            for path in paths:
                if not path:
                    continue
                if path[0] != "global":
                    names.add(str(path[0]))
                elif len(path) > 1:
                    self._globals.add(str(path[1]))
                else:
                    self._everything = True
        return None if unclear else names

    def bridge(self, node: Node, template: str | None, sections: Iterable[Any]) -> None:
        """Warn of variables of a bridge that none of its sections reads."""
        read = self.reads(*sections)
        if template is not None:
            self._templates.add(template)
        variables = node.get("variables")
        if read is not None and variables is not None and variables.kind == "mapping":
            for name in variables.value:
                if name not in read:
                    self._warn(variables, name, f"nothing reads the variable '{name}'", read)

    def rest(self, root: Node) -> None:
        """Warn of what nothing reads, global variables and templates included."""
        for section, used in (("global", self._globals), ("templates", self._templates)):
            node = root.get(section)
            if node is None or node.kind != "mapping" or (section == "global" and self._everything):
                continue
            word = "global variable" if section == "global" else "template"
            verb = "reads" if section == "global" else "uses"
            for name in node.value:
                if name not in used:
                    self._warn(node, name, f"nothing {verb} the {word} '{name}'", used)
        self._warnings += [one for one in self._unread if one.path not in self._meant]

    def _warn(self, node: Node, name: str, message: str, read: Iterable[str]) -> None:
        near = nearest(name, sorted(read))
        fix = "Remove it, or correct its name."
        if near is not None and near in node.value:
            fix = f"Remove it; '{near}', which is read, is set as well."
        elif near is not None:
            fix = f"Did you mean '{near}'?"
        self._unread.append(node.problem(UNREAD, f"{message}.", key=name, fix=fix, warning=True))

    def _paths(self, section: Any) -> Paths:
        if (known := self._read.get(id(section))) is not None:
            return known[1]
        try:
            found = template_references(section)
        except TemplateError:
            found = UNCLEAR  # said elsewhere, at its place
        self._read[id(section)] = section, found
        return found
