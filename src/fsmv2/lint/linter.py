"""Files and folders in, diagnostics out: the order of work of the lint."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.errors import QuestionError
from fsmv2.lint.abstract_values import Module, Scope
from fsmv2.lint.finding_codes import NOTICES, RULES, SILENCED, UNREADABLE
from fsmv2.lint.source_files import Library
from fsmv2.lint.suppressions import Suppression, suppressions
from fsmv2.lint.worker_methods import check_workers


def lint(paths: Iterable[Path]) -> list[Diagnostic]:
    """What is wrong with the workers in these files and folders, in the order of the files.

    Nothing is imported or run. Helpers are followed through all modules of the packages that the
    files belong to. QuestionError: one is not there, or has no Python.
    """
    files = [file for path in paths for file in _files(path)]
    run = _Run()
    for file in files:
        run.file(file)
    return run.finish()


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise QuestionError(f"{path} does not exist", fix="Name Python files, or folders of them.")
    if path.suffix in (".yaml", ".yml"):
        raise QuestionError(f"{path} is a document", fix=f"Check it: fsmv2 validate {path}")
    if not path.is_dir():
        return [path]
    inside = (file.relative_to(path) for file in path.rglob("*.py") if not file.is_dir())
    found = sorted(
        path / file for file in inside if not any(part.startswith(".") for part in file.parts)
    )
    if not found:
        raise QuestionError(
            f"there is no Python file in {path}", fix="Name the folder of the code."
        )
    return found


class _Run:
    """One run over all files; a finding in a helper of several workers is told once."""

    def __init__(self) -> None:
        self._library = Library()
        self._found: dict[tuple[str, int, int, str], Diagnostic] = {}
        self._suppressions: dict[Module, list[Suppression]] = {}
        self._checked: list[Module] = []

    def file(self, path: Path) -> None:
        """Check the workers of one file."""
        try:
            module = self._library.open(path)
        except SyntaxError as error:
            mark = Mark(str(path), error.lineno or 1, error.offset or 1)
            self._add(UNREADABLE, mark, error.msg, (error.text or "").rstrip("\n"), 1)
            return
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            if isinstance(error, UnicodeDecodeError):
                why = "it is not text in UTF-8"
            self._add(UNREADABLE, Mark(str(path), 1, 1), f"cannot be read: {why}", "", 1)
            return
        try:
            if check_workers(self._library, module, self._take):
                self._checked.append(module)
        except RecursionError:
            self._add(UNREADABLE, Mark(str(path), 1, 1), "it is nested too deeply", "", 1)

    def finish(self) -> list[Diagnostic]:
        """All findings, with those about silencing comments."""
        for module in self._checked:
            for suppression in self._of(module):
                left = [code for code in suppression.codes if code not in suppression.used]
                if not suppression.reason:
                    text = "the comment gives no reason, so it silences nothing"
                elif left:
                    text = f"the comment silences nothing of {', '.join(left)}"
                else:
                    continue
                mark = Mark(module.shown, suppression.line, suppression.column + 1)
                self._add(SILENCED, mark, text, module.lines[suppression.line - 1], 1)
        return sorted(self._found.values(), key=lambda d: (d.mark or Mark("", 0, 0), d.code))

    def _of(self, module: Module) -> list[Suppression]:
        if module not in self._suppressions:
            self._suppressions[module] = suppressions(module)
        return self._suppressions[module]

    def _take(self, code: str, node: ast.AST, scope: Scope, text: str, method: str) -> None:
        module = scope.module
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        for suppression in self._of(module):
            if suppression.covers(code, line):
                suppression.used.add(code)
                return
        source = module.lines[line - 1]
        # ast counts bytes, people count characters.
        column = len(source.encode()[:column].decode(errors="replace"))
        same_line = getattr(node, "end_lineno", line) == line
        length = getattr(node, "end_col_offset", column + 1) - column if same_line else 1
        mark = Mark(module.shown, line, column + 1)
        self._add(code, mark, f"{text} (from {method})", source, length)

    def _add(self, code: str, mark: Mark, text: str, source: str, length: int) -> None:
        key = (mark.file, mark.line, mark.column, code)
        if key not in self._found:
            self._found[key] = Diagnostic(
                code=code,
                message=text,
                mark=mark,
                fix=RULES[code].fix,
                source=source,
                length=max(1, length),
                warning=code in NOTICES,
            )
