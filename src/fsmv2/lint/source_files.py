"""The files of the linted code: parsed once, found by their dotted names, never imported."""

from __future__ import annotations

import ast
import errno
import stat
from pathlib import Path

from fsmv2.lint.abstract_values import Module, Value

FRAMEWORK = "fsmv2"
LARGEST = 5 << 20
"""Bytes of a file of Python; nobody writes more by hand."""
AUTHORED = ("fsmv2.builtin",)
"""The part of this package that is written with its public names, as anyone's workers are."""


class Library:
    """The modules that the linted paths can import from their own packages."""

    def __init__(self) -> None:
        self._by_path: dict[Path, Module] = {}
        self._roots: dict[Path, None] = {}

    def open(self, path: Path) -> Module:
        """Parse a file; OSError, SyntaxError and ValueError (not text) tell why it cannot be."""
        try:
            resolved = path.resolve()
        except RuntimeError:
            raise OSError(errno.ELOOP, "links that lead to each other") from None
        if resolved not in self._by_path:
            root, name = _home(resolved)
            self._roots[root] = None
            source = _source(resolved)
            self._by_path[resolved] = Module(resolved, str(path), source, name)
        return self._by_path[resolved]

    def find(self, name: str) -> Module | None:
        """The module of this dotted name, when it stands beside the linted files."""
        ours = name.split(".")[0] == FRAMEWORK
        if not name or (ours and not name.startswith(AUTHORED)):
            return None
        relative = Path(*name.split("."))
        for root in list(self._roots):
            for path in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
                if path.is_file():
                    try:
                        return self._by_path.get(path) or self.open(_short(path))
                    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                        return None
        return None

    def imported(self, module: Module, node: ast.Import | ast.ImportFrom) -> dict[str, Value]:
        """What an import binds: modules of our own, or names of something outside."""
        found: dict[str, Value] = {}
        for alias in node.names:
            if isinstance(node, ast.Import):
                name = alias.name if alias.asname else alias.name.split(".")[0]
                found[alias.asname or name] = self.module_value(name)
            elif alias.name != "*":
                source = module.absolute(node)
                whole = f"{source}.{alias.name}"
                home = self.find(source)
                value = Value(name=whole)
                if home is not None and alias.name in home.bindings and home is not module:
                    value = Value(module=home, text=alias.name)
                elif (part := self.find(whole)) is not None:
                    value = Value(module=part, name=whole)
                found[alias.asname or alias.name] = value
        return found

    def module_value(self, name: str) -> Value:
        """A module as a value."""
        return Value(name=name, module=self.find(name))


def _source(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait, a device may never end
        raise OSError(errno.EINVAL, "it is not a regular file")
    if path.stat().st_size > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST >> 20} MiB")
    return path.read_text(encoding="utf-8-sig")


def _short(path: Path) -> Path:
    """Relative to the working directory where that is possible: as a person would name it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _home(path: Path) -> tuple[Path, str]:
    """The folder that imports start from, and the dotted name of a file."""
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)
