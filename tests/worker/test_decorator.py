"""Every misuse of a decorator is refused in our own words: what, where, and what to write."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import Any

import pytest

from fsmv2 import (
    Backoff,
    DefinitionError,
    ObservedState,
    Phase,
    UserSpec,
    Worker,
    act,
    action,
    blocking,
    check,
    goto,
    state,
    stay,
)
from fsmv2.worker import StateDefinition

state_any: Any = state  # what a type checker would refuse, too, is to be tried here
action_any: Any = action
check_any: Any = check


def step(self: Any, s: Any) -> Any: ...
async def work(self: Any, spec: Any, resources: Any) -> None: ...
def look(self: Any, view: Any) -> Any: ...
async def late_step(self: Any, s: Any) -> Any: ...
async def late_look(self: Any, view: Any) -> Any: ...
async def asking(self: Any, s: Any) -> Any:
    yield


def yielding(self: Any, s: Any) -> Any:
    yield


def no_self(s: Any) -> Any: ...
def three(self: Any, s: Any, more: Any) -> Any: ...
def by_name(self: Any, s: Any, *, more: Any) -> Any: ...
async def no_resources(self: Any, spec: Any) -> None: ...
async def by_place(self: Any, spec: Any, resources: Any, by: int, /) -> None: ...


class Hidden:
    """Has no `__name__`, as many callable objects."""

    def __call__(self, s: Any) -> Any: ...


def marked(decorator: Callable[[Any], Any], method: Any) -> Callable[[], Any]:
    """`method` with a mark, as if it stood in a class; the mark is made inside the function."""

    def make() -> Any:
        return decorator(method)

    return make


MISUSES: list[tuple[str, Callable[[], Any], str]] = [
    # Without parentheses, or with the wrong ones.
    ("bare state", lambda: state_any(step), "parentheses. Write @state('running', to='stopped')"),
    ("bare action", lambda: action_any(work), "@action is written without its parentheses"),
    ("bare check", lambda: check_any(look), "@check is written without its parentheses"),
    ("bare on a class", lambda: state_any(Hidden), "@state is written without its parentheses"),
    ("bare on a static", lambda: action_any(staticmethod(work)), "without its parentheses"),
    ("no phase", state_any, "@state needs its phase. Write @state('running'"),
    ("only to", lambda: state_any(to="a"), "@state needs its phase"),
    ("to by place", lambda: state_any("running", "stopped"), "'stopped' without the name of an"),
    ("timeout by place", lambda: action_any(5), "@action is given 5 without the name of an option"),
    ("interval by place", lambda: check_any(5.0), "Write interval= before it"),
    ("phase twice", lambda: state_any("running", phase="a"), "@state is given 'phase' twice"),
    ("unknown of state", lambda: state_any("running", too="a"), "'too'. Did you mean 'to'"),
    ("unknown of action", lambda: action_any(time_out=3), "Did you mean 'timeout'? Known: "),
    ("unknown of check", lambda: check_any(intervall=3), "Did you mean 'interval'?"),
    ("two unknown", lambda: action_any(time_out=3, retry=1), "no option 'retry'"),
    # Phases and targets.
    ("misspelt phase", lambda: state("runing"), "The phase is 'runing'"),
    ("nearest phase", lambda: state("runing"), "Did you mean 'running'? Known: degraded,"),
    ("phase of a number", lambda: state_any(3), "The phase is 3, expected one of those known"),
    ("phase none", lambda: state_any(None), "The phase is None"),
    ("phase a list", lambda: state_any(["running"]), "The phase is ['running']"),
    ("to a number", lambda: state_any("running", to=3), "to is 3, expected the names of states"),
    ("to none", lambda: state_any("running", to=None), "to is None"),
    ("to bytes", lambda: state_any("running", to=b"a"), "to is b'a'"),
    ("to numbers", lambda: state_any("running", to=[1]), "to is [1]"),
    ("both at once", lambda: state_any("runing", to=3), "to is 3"),
    # Numbers.
    ("text", lambda: action_any(timeout="5s"), "timeout is '5s', expected a number: more than 0"),
    ("text without unit", lambda: action_any(timeout="5"), "Write timeout=5.0 for five seconds"),
    ("timedelta", lambda: action_any(timeout=datetime.timedelta(1)), "expected a number"),
    ("true", lambda: action_any(timeout=True), "timeout is True, expected a number"),
    ("no timeout", lambda: action_any(timeout=None), "timeout is None"),
    ("zero", lambda: action(timeout=0), "timeout is 0, expected more than 0 seconds"),
    ("negative", lambda: action(timeout=-1), "timeout is -1, expected more than 0 seconds"),
    ("nan", lambda: action(timeout=float("nan")), "timeout is nan, expected more than 0 seconds"),
    ("negative interval", lambda: check(interval=-1), "interval is -1, expected 0 seconds or more"),
    ("interval of text", lambda: check_any(interval="1m"), "interval is '1m', expected a number"),
    ("retries", lambda: action(retries=-1), "retries is -1, expected a whole number, 0 or more"),
    ("half a retry", lambda: action_any(retries=1.5), "retries is 1.5"),
    ("retries as text", lambda: action_any(retries="3"), "retries is '3'"),
    ("retries true", lambda: action_any(retries=True), "retries is True"),
    ("blocks", lambda: action_any(blocks_children="no"), "blocks_children is 'no', expected True"),
    # What stands below the mark.
    ("a number", marked(state_any("running"), 3), "plain method of a worker; this is 3"),
    ("a class", marked(state_any("running"), Hidden), "this is the class Hidden"),
    ("a static method", marked(state_any("running"), staticmethod(step)), "is a static method"),
    ("a class method", marked(action_any(), classmethod(work)), "this is a class method"),  # type: ignore[arg-type]
    ("a property", marked(check_any(), property(look)), "this is a property"),
    ("how a check is written", marked(check_any(), property(look)), "`def name(self, view)`"),
    ("how an action is", marked(action_any(), Hidden), "`async def name(self, spec, resources)`"),
    ("a lambda", marked(state_any("running"), lambda self, s: None), "has no name, and a state is"),
    ("an object", marked(state_any("running"), Hidden()), "has no name, and a state is known"),
    ("a partial", marked(state_any("running"), functools.partial(step)), "has no name"),
    ("async state", marked(state_any("running"), late_step), "is async, but a state only"),
    ("async generator", marked(state_any("running"), asking), "asking is async"),
    ("async check", marked(check_any(), late_look), "late_look is async, but a check only decides"),
    ("generator", marked(state_any("running"), yielding), "yielding has a `yield`"),
    ("generator action", marked(action_any(), asking), "asking has a `yield`"),
    ("blocking state", lambda: state_any("running")(blocking(step)), "step is async, but a state"),
    ("no self", marked(state_any("running"), no_self), "no_self takes (s), expected (self, s)"),
    ("too many", marked(state_any("running"), three), "three takes (self, s, more), expected"),
    ("by name", marked(state_any("running"), by_name), "by_name takes (self, s, more), expected"),
    ("short action", marked(action_any(), no_resources), "(self, spec, resources, and more"),
    ("by place", marked(action_any(), by_place), "by_place takes (self, spec, resources, by)"),
    ("short check", marked(check_any(), no_self), "no_self takes (s), expected (self, view)"),
]  # fmt: skip


@pytest.mark.parametrize(("misuse", "said"), [pytest.param(m, s, id=i) for i, m, s in MISUSES])
def test_a_misuse_is_refused_with_the_place_and_the_fix(
    misuse: Callable[[], Any], said: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        misuse()
    error = caught.value
    assert said in str(error)
    assert error.fix
    assert error.path.startswith(f"{__file__}:")
    assert error.code == "FSM0400"


def test_a_method_marked_twice_is_refused() -> None:
    def both(self: Any, s: Any) -> Any: ...

    once = state("running")(both)
    with pytest.raises(DefinitionError, match="both is marked as a state already"):
        state("stopped")(once)
    with pytest.raises(DefinitionError, match="both is marked as a state already"):
        check()(once)


def test_a_second_method_of_one_name_in_a_class_is_refused() -> None:
    with pytest.raises(DefinitionError, match="has a state named 'run' already"):

        class Twice:
            @state("running")
            def run(self, s: Any) -> Any: ...

            @action()
            async def run(self, spec: Any, resources: Any) -> None: ...  # type: ignore[no-redef]  # noqa: F811


def test_a_function_outside_any_class_is_refused() -> None:
    program = "from fsmv2 import state\n@state('running')\ndef alone(self, s): ...\n"
    with pytest.raises(DefinitionError, match="alone is outside any class; a state is") as it:
        exec(compile(program, "tank.py", "exec"), {"__name__": "tank"})  # noqa: S102
    assert it.value.path == "tank.py:2"


def test_what_is_right_is_left_as_it_is() -> None:
    class Right:
        @state(Phase.RUNNING, to={"stopped"})
        def run(self, *given: Any, more: int = 3) -> Any:
            return stay("runs")

        @action(timeout=2, retries=0)
        async def fill(self, spec: Any, resources: Any, by: float, *, to: float = 1) -> float:
            return by

        @check(interval=0)
        def even(self, view: Any, _tolerance: float = 0.5) -> Any: ...

    assert Right().run() == stay("runs")


class Base(Worker[UserSpec, ObservedState], abstract=True):
    async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any: ...

    @state("running", to="stopped")
    def running(self, s: Any) -> Any: ...

    @action()
    async def fill(self, spec: Any, resources: Any) -> None: ...


STOPPED = StateDefinition("stopped", Phase.STOPPED, ("running",), "")
RUNNING = StateDefinition("running", Phase.RUNNING, ("stopped",), "")

OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"interval": "5s"}, "interval is '5s', expected a number: more than 0 seconds"),
    ({"interval": None}, "interval is None, expected a number"),
    ({"observe_timeout": True}, "observe_timeout is True, expected a number"),
    ({"worker_type": 3}, "worker_type is 3, expected text"),
    ({"initial": 3}, "initial is 3, expected a state, as its name or its method"),
    ({"stop_state": None}, "stop_state is None, expected a state, as"),
    ({"runbook": 3}, "runbook is 3, expected text"),
    ({"pushes": "yes"}, "pushes is 'yes', expected True or False"),
    ({"overlap_safe": 1}, "overlap_safe is 1, expected True or False"),
    ({"is_bridge": None}, "is_bridge is None, expected True or False"),
    ({"update_policy": ["in_place"]}, "update_policy is ['in_place']"),
    ({"backoff": 5}, "backoff is a int; write Backoff(base=5, cap=300)"),
    ({"backoff": Backoff}, "backoff is a StructMeta; write Backoff("),
    ({"manual_steps": "one"}, "manual_steps is one text; make it a tuple"),
    ({"manual_steps": 5}, "manual_steps is 5, expected a tuple of sentences"),
    ({"manual_steps": (5,)}, "manual_steps is (5,), expected a tuple of sentences"),
    ({"running": no_self}, "no_self takes (s), expected (self, s)"),
    ({"running": late_step}, "late_step is async, but a state only decides"),
    ({"running": None}, "running is a state, and Made replaces it by no method"),
    ({"fill": "by hand"}, "fill is an action, and Made replaces it by no method"),
    ({"fill": step}, "fill is not async: write `async def`"),
    ({"other": Base.running}, "other is the method 'running' under a second name"),
]


@pytest.mark.parametrize(("members", "said"), OPTIONS)
def test_an_option_of_the_class_is_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        type("Made", (Base,), members)
    assert said in str(caught.value)


def test_a_method_that_overrides_a_marked_one_stays_what_it_was() -> None:
    class Quick(Base):
        def running(self, s: Any) -> Any:
            return stay("quickly")

        async def fill(self, spec: Any, resources: Any) -> None: ...

    assert Quick.definition.states == {"stopped": STOPPED, "running": RUNNING}
    assert list(Quick.definition.actions) == ["fill"]

    class Other(Base):
        @action()
        async def running(self, spec: Any, resources: Any) -> Any: ...  # type: ignore[override]

        @state("stopped")
        def stopped(self, s: Any) -> Any: ...

    assert list(Other.definition.states) == ["stopped"]


def test_names_of_the_worker_itself_are_no_states() -> None:
    with pytest.raises(DefinitionError, match="'initial' is a name of Worker itself"):

        class Made(Base):
            @state("stopped", to="running")
            def initial(self, s: Any) -> Any: ...  # type: ignore[override]


def test_a_type_that_is_given_as_text_is_refused() -> None:
    with pytest.raises(DefinitionError, match="'TankSpec' is given as text; define TankSpec"):

        class Made(Worker["TankSpec", ObservedState]):  # type: ignore[name-defined]
            @state("stopped")
            def stopped(self, s: Any) -> Any: ...


def test_an_unknown_option_in_the_brackets_of_a_class_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"no option 'abstrct' .* Did you mean 'abstract'"):

        class Made(Base, abstrct=True):  # type: ignore[call-arg]
            """Misspelt."""


@pytest.mark.parametrize("given", ["running", None, 3])
def test_goto_and_act_take_methods(given: Any) -> None:
    with pytest.raises(DefinitionError, match=r"goto\(self..., reason\) takes a state's method"):
        goto(given, "why")
    with pytest.raises(DefinitionError, match=r"act\(self..., reason\) takes an action's method"):
        act(given, "why")
    with pytest.raises(DefinitionError, match="takes the action's arguments by name"):
        act(given, "why", 3)
