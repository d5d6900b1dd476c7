"""Rendering templates: the public face of the template files.

`render_template` renders a string or a nested structure; `Template` does the same for a structure
compiled once, and knows which variables it reads; `RenderCache` skips a render whose inputs are
the same as last time. Called by workers in derive, and by the document loader's checks.

The rule for literal braces: what a template itself says (its text and the texts in its
expressions) cannot put `{{`, `}}` or `{%` into a result, that is an error showing `{% raw %}`.
What comes out of a raw block or out of a variable stays as it is and is never rendered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from fsmv2.errors import TemplateError
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.data.bounded_cache import BoundedCache
from fsmv2.model.data.plain_copy import SCALARS, detach
from fsmv2.model.read_tracking import TrackedScope
from fsmv2.model.template.jinja_template import JinjaTemplate, compile_jinja
from fsmv2.model.template.limits import MAX_DEPTH, MAX_SOURCE, MAX_TOTAL, Work, too_much
from fsmv2.model.template.reference_templates import Whole, compile_fast
from fsmv2.model.template.render_count import count_one
from fsmv2.model.template.render_watch import RENDER_WATCH
from fsmv2.model.template.scope import MISSING, Path, identical, lookup, step
from fsmv2.model.template.structures import parts_of, rebuild

_CACHED = 4096  # compiled templates kept; a fleet has few distinct texts, whatever its size
_CACHED_SOURCE = 8192  # longer sources are not kept: they would make the cache's size unbounded


class _Compiled(Protocol):
    @property
    def references(self) -> frozenset[Path]: ...

    def render(self, scope: Mapping[str, Any]) -> Any: ...


_compiled: BoundedCache[str, _Compiled] = BoundedCache(_CACHED)


class CompiledTemplates:
    """How often a text with braces was looked up among the compiled ones, in this process."""

    __slots__ = ("lookups", "misses")

    def __init__(self) -> None:
        self.lookups = 0
        self.misses = 0


COMPILED = CompiledTemplates()
"""Counted without a lock: of several trees that render at once, one count may get lost."""


def render_template(
    template: Any, scope: Mapping[str, Any] | VariableBundle, *, path: str = ""
) -> Any:
    """`template` with every string in it rendered; the same shape comes back.

    `template` is a string, or dicts, lists, tuples, sets, structs and data classes of them, nested;
    keys are left alone, and so are bytes, numbers, dates and enums. A string that is exactly one
    expression keeps the value's type: `"{{ .PORT }}"` gives `502`, which is why the result has no
    narrower static type. `scope` is `VariableBundle.flatten()` or the bundle itself. Nothing in the
    result is shared with either.

    Raises UndefinedVariableError for a variable that is missing at any depth, and TemplateError
    for syntax, limits, leftovers, and an object of a class that is not among the above; `path`
    names the template in them, and the place inside a structure is added to it (`connection.port`).
    """
    if isinstance(scope, VariableBundle):
        scope = scope.scope()
    count_one()
    watch = RENDER_WATCH.get()
    began = 0.0 if watch is None else watch.now()
    try:
        return _Walk(scope).render(template, 0)
    except TemplateError as error:
        error.path = _inside(path, error.path) if path else error.path
        raise
    except RecursionError:  # a value of the scope, deeper than any bundle takes
        raise too_much("The nesting of a value", MAX_DEPTH, "levels") from None
    finally:
        if watch is not None:
            watch.rendered(watch.now() - began)


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
        try:
            _collect(structure, found, 0)
        except TemplateError as error:
            error.path = _inside(path, error.path) if path else error.path
            raise
        return cls(_copied(structure), frozenset(found))

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
        self._last: dict[Template, tuple[_Inputs, Any]] = {}

    def render(self, template: Template, scope: Mapping[str, Any] | VariableBundle) -> Any:
        """As `template.render`, skipped when nothing it reads has changed."""
        scope = scope.scope() if isinstance(scope, VariableBundle) else scope
        if type(scope) is TrackedScope:
            scope = scope.unnoted(template.references)
        last = self._last.get(template)
        if last is not None and _unchanged(last[0], scope):
            return last[1]
        result = template.render(scope)
        inputs = [
            (str(path[0]), path[1:], detach(lookup(scope, path))) for path in template.references
        ]
        if last is None and len(self._last) >= self._size:
            del self._last[next(iter(self._last))]
        self._last[template] = (inputs, result)
        return result


_Inputs = list[tuple[str, Path, Any]]  # first name, the rest of the path, the value it had


def _unchanged(inputs: _Inputs, scope: Mapping[str, Any]) -> bool:
    for first, rest, old in inputs:
        new = scope.get(first, MISSING)
        if rest:
            for key in rest:
                new = step(new, key)
        if new is not old and not identical(new, old):
            return False
    return True


class _Walk:
    """One render of one structure: the scope, and how much text may still be made.

    Places in the structure are put together only when an error passes through.
    """

    __slots__ = ("left", "notes", "scope", "work")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.notes: list[frozenset[Path]] | None = None
        if type(scope) is TrackedScope:
            self.notes, scope = scope.notes.parts, scope.unnoted()
        self.scope = scope
        self.left = MAX_TOTAL
        self.work = Work()

    def render(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str or isinstance(value, str):
            return self._string(value)
        if kind in SCALARS:
            return value
        if depth >= MAX_DEPTH:
            raise too_much("The nesting of a structure", MAX_DEPTH, "levels")
        if kind is dict:
            return self._items(value.items(), depth + 1)
        if kind is list:
            return list(self._items(enumerate(value), depth + 1).values())
        parts = parts_of(value)
        return value if parts is None else rebuild(value, self._items(parts, depth + 1))

    def _items(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[Any, Any]:
        done: dict[Any, Any] = {}
        for key, item in items:
            kind = type(item)
            try:
                if kind is str:
                    done[key] = self._string(item)
                else:
                    done[key] = item if kind in SCALARS else self.render(item, depth)
            except TemplateError as error:
                error.path = _inside(key, error.path)
                raise
        return done

    def _string(self, source: str) -> Any:
        if "{" not in source and "}}" not in source:
            return source
        COMPILED.lookups += 1
        compiled = _compiled.young.get(source) or _compile(source)
        if self.notes is not None:
            self.notes.append(compiled.references)
        if type(compiled) is JinjaTemplate:
            result = compiled.render(self.scope, self.work)
        elif type(compiled) is Whole:
            result = compiled.reference.read(self.scope)
            if type(result) not in SCALARS:
                self._weigh(result)
                result = detach(result)
        else:
            result = compiled.render(self.scope)
        if type(result) is str:
            self.left -= len(result)
            if self.left < 0:
                raise too_much("The text of all templates here", MAX_TOTAL, "characters")
        return result

    def _weigh(self, value: Any) -> None:
        """Pay for a copy of it; what holds itself many times is never copied to its end."""
        kind = type(value)
        if kind is dict or kind is list or kind is tuple or kind is set:
            self.work.charge(len(value))
            for item in value.values() if kind is dict else value:
                if type(item) not in SCALARS:
                    self._weigh(item)


def _compile(source: str) -> _Compiled:
    found = _compiled.get(source)
    if found is None:
        COMPILED.misses += 1
        if len(source) > MAX_SOURCE:
            raise too_much("The template", MAX_SOURCE, "characters")
        found = compile_fast(source) or compile_jinja(source)
        if len(source) <= _CACHED_SOURCE:
            _compiled.put(source, found)
    return found


def _collect(value: Any, found: set[Path], depth: int) -> None:
    if isinstance(value, str):
        if "{" in value or "}}" in value:
            found |= _compile(value).references
        return
    items = parts_of(value)
    if items is None:
        return
    if depth >= MAX_DEPTH:
        raise too_much("The nesting of a structure", MAX_DEPTH, "levels")
    for key, item in items:
        try:
            _collect(item, found, depth + 1)
        except TemplateError as error:
            error.path = _inside(key, error.path)
            raise


def _copied(structure: Any) -> Any:
    parts = parts_of(structure)
    if parts is None:
        return structure
    return rebuild(structure, {key: _copied(part) for key, part in parts})


def _inside(key: Any, inner: str) -> str:
    """The place `inner` seen from outside the container that holds it under `key`."""
    outer = f"[{key}]" if type(key) is int else str(key)
    return outer + inner if inner.startswith("[") or not inner else f"{outer}.{inner}"
