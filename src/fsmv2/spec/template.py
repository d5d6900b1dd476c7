"""Rendering templates: the public face of the template files.

`render_template` renders a string or a nested structure; `Template` does the same for a structure
compiled once, and knows which variables it reads; `RenderCache` skips a render whose inputs are
the same as last time. Called by workers in derive, and by the document loader's checks.

The rule for literal braces: what a template itself says (its text and the texts in its
expressions) cannot put `{{` or `{%` into a result, that is an error showing `{% raw %}`. What
comes out of a raw block or out of a variable stays as it is and is never rendered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from fsmv2.errors import TemplateError
from fsmv2.spec.bounded import BoundedCache
from fsmv2.spec.bundle import VariableBundle
from fsmv2.spec.plain import detach
from fsmv2.spec.template_fast import compile_fast
from fsmv2.spec.template_jinja import compile_jinja
from fsmv2.spec.template_limits import MAX_DEPTH, MAX_TOTAL, too_much
from fsmv2.spec.template_scope import MISSING, Path, lookup

_CACHED = 4096  # compiled templates kept; a fleet has few distinct texts, whatever its size
_CACHED_SOURCE = 8192  # longer sources are not kept: they would make the cache's size unbounded


class _Compiled(Protocol):
    @property
    def references(self) -> frozenset[Path]: ...

    def render(self, scope: Mapping[str, Any]) -> Any: ...


_compiled: BoundedCache[str, _Compiled] = BoundedCache(_CACHED)


def render_template(
    template: Any, scope: Mapping[str, Any] | VariableBundle, *, path: str = ""
) -> Any:
    """`template` with every string in it rendered; the same shape comes back.

    `template` is a string, or dicts, lists, tuples and structs of them, nested; keys are left
    alone. A string that is exactly one expression keeps the value's type: `"{{ .PORT }}"` gives
    `502`, which is why the result has no narrower static type. `scope` is
    `VariableBundle.flatten()` or the bundle itself. Nothing in the result is shared with either.

    Raises UndefinedVariableError for a variable that is missing at any depth, and TemplateError
    for syntax, limits and leftovers; `path` names the template in them, and the place inside a
    structure is added to it (`connection.port`).
    """
    scope = scope.scope() if isinstance(scope, VariableBundle) else scope
    if type(template) is str and "{" not in template:
        return template
    return _Walk(scope).render(template, path, 0)


def template_references(template: Any) -> frozenset[Path]:
    """The paths in a scope that rendering `template` may read: `("IP",)`, `("global", "rate")`.

    Raises TemplateError when it does not compile.
    """
    return Template.compile(template).references


class Template:
    """A structure compiled once and rendered many times."""

    __slots__ = ("_structure", "references")

    def __init__(self, structure: Any, references: frozenset[Path]) -> None:
        self._structure = structure
        self.references = references

    @classmethod
    def compile(cls, structure: Any, *, path: str = "") -> Template:
        """Compile every string in `structure`; raises TemplateError for the first bad one."""
        found: set[Path] = set()
        kept = detach(structure)
        _collect(kept, path, found, 0)
        return cls(kept, frozenset(found))

    def render(self, scope: Mapping[str, Any] | VariableBundle, *, path: str = "") -> Any:
        """As `render_template`."""
        return render_template(self._structure, scope, path=path)


class RenderCache:
    """Remembers, per template, the last inputs and their result; for one worker each.

    A render with the same values of the variables it reads returns the same object as before, so
    results must not be changed. Keeps at most `size` templates.
    """

    __slots__ = ("_last", "_size")

    def __init__(self, size: int = 16) -> None:
        self._size = size
        self._last: dict[Template, tuple[list[Any], list[Path], Any]] = {}

    def render(self, template: Template, scope: Mapping[str, Any] | VariableBundle) -> Any:
        """As `template.render`, skipped when nothing it reads has changed."""
        scope = scope.scope() if isinstance(scope, VariableBundle) else scope
        last = self._last.get(template)
        if last is None:
            paths = list(template.references)
        else:
            before, paths, result = last
            for path, old in zip(paths, before, strict=True):
                # Most variables are single names: spare them the walk.
                new = scope.get(path[0], MISSING) if len(path) == 1 else lookup(scope, path)  # type: ignore[arg-type]  # names are str
                if new is not old and not _identical(new, old):
                    break
            else:
                return result
        result = template.render(scope)
        inputs = [detach(lookup(scope, path)) for path in paths]
        if last is None and len(self._last) >= self._size:
            del self._last[next(iter(self._last))]
        self._last[template] = (inputs, paths, result)
        return result


def _identical(a: Any, b: Any) -> bool:
    """Equal and of the same types all through: `1`, `1.0` and `True` render differently."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Mapping):
        return len(a) == len(b) and all(
            x == y and _identical(a[x], b[y]) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_identical, a, b))
    if isinstance(a, float):
        return str(a) == str(b)  # 0.0 and -0.0 are equal and render differently
    return bool(a == b)


class _Walk:
    """One render of one structure: the scope, and how much text may still be made."""

    __slots__ = ("left", "scope")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope
        self.left = MAX_TOTAL

    def render(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self._string(value, path) if "{" in value else value
        if kind in _LEAVES:
            return value
        if depth >= MAX_DEPTH:
            raise _too_deep(path)
        if kind is dict:
            return {
                key: item
                if type(item) in _LEAVES
                else self.render(item, _inside(path, key), depth + 1)
                for key, item in value.items()
            }
        if kind is list:
            return [self.render(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
        if isinstance(value, str):
            return self._string(str(value), path)
        if isinstance(value, list | tuple):
            items = [self.render(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
            # A named tuple takes its items one by one.
            return kind(*items) if hasattr(value, "_fields") else kind(items)
        if isinstance(value, Mapping):
            return {k: self.render(v, _inside(path, k), depth + 1) for k, v in value.items()}
        if isinstance(value, msgspec.Struct):
            names = value.__struct_fields__
            fields = {n: self.render(getattr(value, n), _inside(path, n), depth + 1) for n in names}
            return kind(**fields)
        return value

    def _string(self, source: str, path: str) -> Any:
        try:
            result = _compile(source).render(self.scope)
        except TemplateError as error:
            error.path = path
            raise
        if type(result) is str:
            self.left -= len(result)
            if self.left < 0:
                broken = too_much("The text of all templates here", MAX_TOTAL, "characters")
                broken.path = path
                raise broken
        return result


_LEAVES = frozenset({int, float, bool, type(None), bytes})


def _compile(source: str) -> _Compiled:
    found = _compiled.get(source)
    if found is None:
        found = compile_fast(source) or compile_jinja(source)
        if len(source) <= _CACHED_SOURCE:
            _compiled.put(source, found)
    return found


def _collect(value: Any, path: str, found: set[Path], depth: int) -> None:
    if isinstance(value, str):
        if "{" in value:
            try:
                found |= _compile(value).references
            except TemplateError as error:
                error.path = path
                raise
        return
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple | msgspec.Struct):
        raise _too_deep(path)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _collect(item, _inside(path, key), found, depth + 1)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _collect(item, f"{path}[{i}]", found, depth + 1)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _collect(getattr(value, name), _inside(path, name), found, depth + 1)


def _inside(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _too_deep(path: str) -> TemplateError:
    error = too_much("The nesting of a structure", MAX_DEPTH, "levels")
    error.path = path[:200]
    return error
