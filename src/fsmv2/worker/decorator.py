"""What `@state`, `@action` and `@check` refuse, in our own words: arguments, and what is no method.

Python's TypeError for a misspelt keyword or for `@state` without parentheses names neither the
decorator nor the fix, and much of what can be wrong raises nothing at all until a worker runs.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from fsmv2.diagnostic import quoted
from fsmv2.errors import DefinitionError
from fsmv2.model.class_references import STATE_MARK
from fsmv2.name_suggestions import suggest

P = ParamSpec("P")
R = TypeVar("R")

ACTION_MARK = "__fsmv2_action__"
CHECK_MARK = "__fsmv2_check__"

MARKS = {STATE_MARK: "a state", ACTION_MARK: "an action", CHECK_MARK: "a check"}
"""The attribute of a marked method that holds its definition, and what that makes of it."""


PARAMETERS = {
    STATE_MARK: ("self", "s"),
    ACTION_MARK: ("self", "spec", "resources"),
    CHECK_MARK: ("self", "view"),
}
"""What a marked method is called with; an action may take more, by name."""

_OUR_MODULES = frozenset(
    f"fsmv2.worker.{name}" for name in ("decorator", "state", "action", "check")
)


class DecoratorProblem(NamedTuple):
    """One thing that is wrong with a decorator, as a sentence, and what to write instead."""

    message: str
    fix: str


def refuse(problems: Sequence[DecoratorProblem], where: str) -> None:
    """Raise a DefinitionError that names all `problems`; nothing happens if there are none."""
    if problems:
        raise refusal(problems, where)


def refusal(problems: Sequence[DecoratorProblem], where: str) -> DefinitionError:
    """The error that names all `problems`, of which there is at least one."""
    return DefinitionError(
        " ".join(problem.message for problem in problems),
        path=where,
        fix=" ".join(problem.fix for problem in problems),
    )


def own_errors(example: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a decorator raise DefinitionError where Python would raise a TypeError of its own.

    `example` is how it is written: the fix for one that is used without parentheses.
    """

    def wrap(decorator: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(decorator)

        @functools.wraps(decorator)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                signature.bind(*args, **kwargs)
            except TypeError:
                bare = len(args) == 1 and not kwargs and _is_decorated(args[0])
            else:
                bare = bool(args) and _is_decorated(args[0])
                if not bare:
                    return decorator(*args, **kwargs)
            name = f"@{decorator.__name__}"
            if bare:
                found = [
                    DecoratorProblem(
                        f"{name} is written without its parentheses.", f"Write {example}."
                    )
                ]
                raise refusal(found, _place_of(args[0]) or calling_line())
            found = _unfit(name, signature, args, kwargs)
            if not found:
                needed = next(p.name for p in signature.parameters.values() if p.default is p.empty)
                found = [DecoratorProblem(f"{name} needs its {needed}.", f"Write {example}.")]
            raise refusal(found, calling_line())

        return call

    return wrap


def _is_decorated(value: object) -> bool:
    """Whether `value` is what a decorator stands above, and no argument of it."""
    return inspect.isroutine(value) or isinstance(value, type | staticmethod | classmethod)


def _unfit(
    name: str,
    signature: inspect.Signature,
    args: Sequence[object],
    kwargs: dict[str, Any],
) -> list[DecoratorProblem]:
    """What is wrong with how a decorator is called, before its arguments are looked at."""
    known = signature.parameters
    positional = [p.name for p in known.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    unknown = [given for given in kwargs if given not in known]
    found = [
        DecoratorProblem(f"{name} has no option '{given}'.", suggest(given, known))
        for given in unknown
    ]
    if len(args) > len(positional):
        spare = ", ".join(quoted(value) for value in args[len(positional) :])
        options = [f"{n}=" for n in known if n not in positional]
        found.append(
            DecoratorProblem(
                f"{name} is given {spare} without the name of an option.",
                f"Write {' or '.join(options)} before it.",
            )
        )
    found += [
        DecoratorProblem(f"{name} is given '{given}' twice.", "Give it once.")
        for given in positional[: len(args)]
        if given in kwargs
    ]
    return found


def seconds(option: str, value: object, *, zero: bool = False) -> list[DecoratorProblem]:
    """What is wrong with `value` as a number of seconds; `zero`: whether it may be 0."""
    least = "0 seconds or more" if zero else "more than 0 seconds"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [
            DecoratorProblem(
                f"{option} is {quoted(value)}, expected a number: {least}.",
                f"Write {option}=5.0 for five seconds.",
            )
        ]
    if value > 0 or (zero and value == 0):
        return []
    return [
        DecoratorProblem(f"{option} is {value}, expected {least}.", f"Write {option}=5.0, say.")
    ]


def check_method(mark: str, method: Any) -> None:
    """Raise DefinitionError unless `method` can bear the mark of a state, an action or a check."""
    kind = MARKS[mark]
    if not callable(method) or isinstance(method, type | staticmethod | classmethod | property):
        _refuse_object(mark, method)
    name = getattr(method, "__name__", "")
    where = _place_of(method) or calling_line()
    if not name.isidentifier():
        problem = f"{_name_of(method)} has no name, and {kind} is known by the name of its method."
        refuse([DecoratorProblem(problem, "Write it with `def`.")], where)
    for borne, already in MARKS.items():
        if borne in getattr(method, "__dict__", ()):
            fix = "Mark it once; a method is a state, an action or a check."
            refuse(
                [DecoratorProblem(f"{_name_of(method)} is marked as {already} already.", fix)],
                where,
            )
    _check_surroundings(kind, method, name, where)
    refuse(faults_of_method(mark, method), where)


def faults_of_method(mark: str, method: Any) -> list[DecoratorProblem]:
    """What is wrong with the parameters of a marked method, or with how it answers."""
    return _wrong_kind(mark, method) + _wrong_parameters(
        method, PARAMETERS[mark], named=mark == ACTION_MARK
    )


def _refuse_object(mark: str, value: object) -> None:
    inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    what = {staticmethod: "a static method", classmethod: "a class method", property: "a property"}
    shown = what.get(type(value)) or (
        f"the class {value.__name__}" if isinstance(value, type) else quoted(value)
    )
    written = "async def" if mark == ACTION_MARK else "def"
    problem = DecoratorProblem(
        f"{MARKS[mark]} is a plain method of a worker; this is {shown}.",
        f"Write `{written} name({', '.join(PARAMETERS[mark])})` below the mark, without another "
        "decorator between.",
    )
    refuse([problem], _place_of(inner) or calling_line())


def _check_surroundings(kind: str, method: Any, name: str, where: str) -> None:
    """Refuse a function outside any class, and a name that the class has given already."""
    frame = _author_frame()
    if frame is None:
        return
    if frame.f_code.co_name == "<module>" and frame.f_locals is frame.f_globals:
        problem = f"{_name_of(method)} is outside any class; {kind} is a method of a worker."
        refuse(
            [DecoratorProblem(problem, "Move it into its class, derived from fsmv2.Worker.")], where
        )
    before = frame.f_locals.get(name) if "__qualname__" in frame.f_locals else None
    for mark, other in MARKS.items():
        if mark in getattr(before, "__dict__", ()):
            problem = f"The class has {other} named '{name}' already, which this would replace."
            refuse([DecoratorProblem(problem, "Give one of them another name.")], where)


def _wrong_kind(mark: str, method: Any) -> list[DecoratorProblem]:
    if mark != ACTION_MARK and (
        inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
    ):
        return [
            DecoratorProblem(
                f"{_name_of(method)} is async, but {MARKS[mark]} only decides by what it is shown.",
                "Write `def`; look in collect_observed_state, and change the world in an @action.",
            )
        ]
    if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        return [
            DecoratorProblem(
                f"{_name_of(method)} has a `yield`, so it answers nothing.", "Write `return`."
            )
        ]
    return []


def _wrong_parameters(method: Any, takes: Sequence[str], *, named: bool) -> list[DecoratorProblem]:
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return []  # written in C, say: found out when it is called
    given = list(signature.parameters.values())
    positional = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    too_few = len(positional) < len(takes) and not any(p.kind is p.VAR_POSITIONAL for p in given)
    spare = [p for p in positional[len(takes) :] if p.default is p.empty]
    if named:
        spare = [p for p in spare if p.kind is p.POSITIONAL_ONLY]
    else:
        spare += [p for p in given if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if not (too_few or spare):
        return []
    expected = ", ".join(takes) + (", and more by name" if named else "")
    return [
        DecoratorProblem(
            f"{_name_of(method)} takes ({', '.join(signature.parameters)}), expected ({expected}).",
            f"Write `def {method.__name__}({', '.join(takes)})`.",
        )
    ]


def _name_of(method: Any) -> str:
    name: str = getattr(method, "__qualname__", "") or quoted(method)
    return name.rpartition("<locals>.")[2]


def _place_of(method: object) -> str:
    code = getattr(inspect.unwrap(method) if callable(method) else method, "__code__", None)
    if isinstance(code, types.CodeType):
        return f"{code.co_filename}:{code.co_firstlineno}"
    return ""


def calling_line() -> str:
    """File and line of the author's code that uses a decorator just now."""
    frame = _author_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


def _author_frame() -> types.FrameType | None:
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") in _OUR_MODULES:
        frame = frame.f_back
    return frame
