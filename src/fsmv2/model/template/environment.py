"""What runs while Jinja renders: the environment, the counting context, the undefined value.

The syntax tree is rewritten (template_rewrite.py) so that every read, loop, literal and output
goes through one of the filters here; names beginning with `_` cannot be written by an author.
Called by template_jinja.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fsmv2.errors import FsmError, TemplateError
from fsmv2.model.template.comparisons import compare
from fsmv2.model.template.filters import FILTERS, TESTS, bounded, bounded_test, refuse_undefined
from fsmv2.model.template.lexer import DotLexer
from fsmv2.model.template.limits import (
    MAX_RANGE,
    TEXT_STEP,
    Work,
    check_number,
    check_text,
    steps_of,
    text_of,
    too_much,
)
from fsmv2.model.template.nested_braces import Own, disown, join_own
from fsmv2.model.template.reference_templates import position
from fsmv2.model.template.scope import MISSING, Key, lookup, step, undefined


class Run(Context):
    """One rendering: the scope, the steps left, and the place last read, for errors."""

    def __init__(self, environment: Any, scope: Mapping[str, Any], source: str, work: Work) -> None:
        super().__init__(environment, scope, None, {})  # type: ignore[arg-type]  # only read
        self.source = source
        self.charge = work.charge
        self.offset = 0
        self.own = False  # the piece being made is text of the template's own, with a brace in it

    def absent(self, path: tuple[Key, ...], base: Any = None) -> Undefined:
        """The undefined value for `path`, which fails with its error once it is used."""
        line, column = position(self.source, self.offset)
        scope = self.parent

        def error() -> FsmError:
            return undefined(scope, path, base=base, line=line, column=column)

        absent: Undefined = Absent(error)
        return absent


_NO_FIELD = "An item without the attribute that is asked for."


class _Absent(StrictUndefined):
    """A missing variable: `default` and `is defined` know it, all other use raises its error.

    `error` makes the error; or it is what to say, by a filter of Jinja's that has nothing to give.
    """

    __slots__ = ("_fsm_error",)

    def __init__(self, error: Callable[[], FsmError] | str = _NO_FIELD, **_jinja: Any) -> None:
        super().__init__()
        self._fsm_error = error

    def _raise(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        error = self._fsm_error
        raise TemplateError(error) if isinstance(error, str) else error()


# StrictUndefined binds its failing method to each operator; every one of them must fail our way.
Absent = type(
    "Absent",
    (_Absent,),
    {
        "__slots__": (),
        **{
            name: _Absent._raise
            for name in dir(StrictUndefined)
            if getattr(StrictUndefined, name) is StrictUndefined._fail_with_undefined_error
        },
    },
)


@pass_context
def _root(run: Run, _none: None, path: tuple[Key, ...], offset: int) -> Any:
    run.offset = offset
    value = lookup(run.parent, path)
    return run.absent(path) if value is MISSING else value


@pass_context
def _pick(run: Run, value: Any, path: tuple[Key, ...], offset: int, name: str) -> Any:
    run.offset = offset
    if isinstance(value, Undefined):
        return run.absent((name, *path)) if name else value
    found: Any = value
    for key in path:
        if type(key) is not str and type(key) is not int:
            refuse_undefined((key,))  # a computed key may be a missing variable
            run.charge(steps_of(key))  # which is hashed
        found = step(found, key)
        if found is MISSING:
            named = name or "(…)"  # what an expression gives has no name
            return run.absent((named, *path), {named: value})
    if type(value) is Own and type(found) is str:
        return Own(found)
    if isinstance(found, LoopContext):
        raise TemplateError("'loop' is not a value.", fix="Write loop.index, loop.first, …")
    return found


@pass_context
def _iterate(run: Run, value: Any, cost: int) -> Any:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, Mapping | list | tuple | str):
        raise TemplateError(f"A loop needs a list or a mapping, not {type(value).__name__}.")
    run.charge(len(value) * cost)
    if type(value) is Own:
        return [Own(character) for character in value]
    return list(value) if isinstance(value, Mapping) else value


@pass_context
def _text(run: Run, value: Any) -> str:
    run.own = type(value) is Own
    return _spelt(run, value)


def _spelt(run: Run, value: Any) -> str:
    if isinstance(value, str):
        run.charge(len(value) // TEXT_STEP)
        return value
    if isinstance(value, Mapping | list | tuple):
        run.charge(3 * steps_of(value))  # it is measured, and once more before it is spelt out
        value = disown(value)
    return text_of(value)


@pass_context
def _own_text(run: Run, text: str) -> str:
    run.own = True
    return text


@pass_context
def _own(_run: Run, text: str) -> Own:
    return Own(text)


@pass_context
def _compare(run: Run, left: Any, names: list[str], others: list[Any]) -> Any:
    for value in (left, *others):
        if isinstance(value, Undefined):
            str(value)
    result: Any = True
    for name, right in zip(names, others, strict=True):
        result = compare(run, name, left, right)
        if not result:
            break
        left = right
    return result


@pass_context
def _slice(run: Run, value: Any, start: Any, stop: Any, by: Any) -> Any:
    for given in (value, start, stop, by):
        if isinstance(given, Undefined):
            str(given)
    part = slice(start, stop, by)
    if not isinstance(value, str | list | tuple):
        raise TemplateError(f"A slice is taken of a list or a text, not of {_a(value)}.")
    length = len(range(*part.indices(len(value))))
    run.charge(length // TEXT_STEP if isinstance(value, str) and by in (None, 1) else length)
    return Own(value[part]) if type(value) is Own else value[part]


def _a(value: Any) -> str:
    return "a mapping" if isinstance(value, Mapping) else f"a value of type {type(value).__name__}"


@pass_context
def _literal(run: Run, value: Any) -> Any:
    refuse_undefined(value)
    run.charge(steps_of(value))
    return value


@pass_context
def _concat(run: Run, values: list[Any]) -> str:
    parts: list[str] = []
    length = 0
    for value in values:
        parts.append(_spelt(run, value))
        length += len(parts[-1])
        check_text(length)
    return join_own(parts)


@pass_context
def _range(run: Run, arguments: list[Any]) -> list[int]:
    for argument in arguments:
        if isinstance(argument, Undefined):
            str(argument)
        if type(argument) is not int:
            raise TemplateError(f"range takes whole numbers, not {argument!r}.")
        check_number(argument)
    numbers = range(*arguments)
    # len() of a huge range overflows, indexing does not.
    if numbers[MAX_RANGE : MAX_RANGE + 1]:
        raise too_much("A range", MAX_RANGE, "items")
    run.charge(len(numbers) // 4)
    return list(numbers)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 without anything that reads attributes, calls code, loads files or grows unbounded."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%"))
    intercepted_unops = frozenset(("+", "-"))

    def __init__(self) -> None:
        super().__init__(undefined=Absent, optimized=False)
        making = (_literal, _concat, _range, _slice, _compare, _own)
        internal = (_root, _pick, _iterate, _text, _own_text, *making)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()
        self.filters.update({name: bounded(name, filter_) for name, filter_ in FILTERS.items()})
        self.filters.update({filter_.__name__: filter_ for filter_ in internal})
        self.tests.update({name: bounded_test(name, test) for name, test in TESTS.items()})
        self.dot_lexer = DotLexer(self)

    @property
    def lexer(self) -> DotLexer:
        """The lexer that knows the leading dot."""
        return self.dot_lexer

    def getitem(self, obj: Any, argument: Any) -> Any:
        """What `map(attribute=…)` and its like read: data only."""
        found = step(obj, argument)
        return Absent() if found is MISSING else found

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As `getitem`: there are no attributes."""
        return self.getitem(obj, attribute)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """A number with a sign before it."""
        return super().call_unop(context, operator, check_number(arg))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers; `+` also joins two texts or two lists. Results are bounded."""
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)
        if isinstance(left, int | float) and isinstance(right, int | float):
            check_number(left)
            check_number(right)
            return check_number(self.binop_table[operator](left, right))
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            check_text(len(left) + len(right))
            cast("Run", context).charge((len(left) + len(right)) // TEXT_STEP)
            return join_own([left, right])
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            cast("Run", context).charge(steps_of([left, right]))
            return left + right
        raise TemplateError(
            f"'{operator}' does not work on {_kind(left)} and {_kind(right)}.",
            fix="Write '~' to join as text."
            if operator == "+"
            else "Make a number of a text with a filter: {{ .NAME | float }}.",
        )


def _kind(value: object) -> str:
    """What a value is, as the messages about documents call it."""
    return _KINDS.get(type(value), type(value).__name__)


_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "keys and values",
    type(None): "nothing",
}
