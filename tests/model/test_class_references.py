"""Classes and methods where names are wanted: the names are kept, and what is wrong is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    SpecError,
    UnknownWorkerTypeError,
    UserSpec,
    Worker,
    WorkerFactory,
    action,
    check,
    goto,
    state,
    stay,
)
from fsmv2.model import to_json
from fsmv2.testing import Simulation


class TankSpec(UserSpec):
    level: int = 0


class Part(Worker[UserSpec], abstract=True):
    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to=stopped)
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Tank(Part, Worker[TankSpec]):
    @action()
    async def fill(self, spec: Any, resources: Any) -> None: ...

    def stopped(self, s: Any) -> Any:
        """Overrides a state without a mark of its own."""
        return super().stopped(s)


class Small(Tank):
    """A tank, with the states of all tanks."""


class Pump(Part):
    """Something else, with states of the same names."""


class Cellar(Part):
    update_policy = "in_place"

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        mapping = {Cellar.stopped: Tank.stopped, Cellar.running: Tank.running}
        return DesiredState(self.running, [ChildSpec("a", Tank, TankSpec(), mapping)])

    @check()
    def sound(self, view: Any) -> Any: ...


BY_NAME = ChildSpec("a", "tank", TankSpec(), {"stopped": "stopped", "*": "running"})


def test_names_are_what_is_kept() -> None:
    """A store or a journal holds the same, whichever was written."""
    mapping: Any = {Cellar.stopped: Tank.stopped, "*": Tank.running}
    child = ChildSpec("a", Tank, TankSpec(), mapping)
    assert child == BY_NAME
    assert type(child.worker_type) is str
    assert type(child.state_mapping) is type(BY_NAME.state_mapping)
    assert {type(one) for pair in child.state_mapping.items() for one in pair} == {str}
    replaced = msgspec.structs.replace(BY_NAME, worker_type=Small)
    assert replaced.worker_type == "small"
    desired = DesiredState(Cellar().running, [child])
    assert desired == DesiredState("running", (BY_NAME,))
    assert to_json(desired) == to_json(DesiredState("running", (BY_NAME,)))


def test_states_that_a_class_inherits_are_its_own() -> None:
    child = ChildSpec("a", Small, TankSpec(), {Cellar.stopped: Tank.stopped, "*": Part.running})
    assert dict(child.state_mapping) == {"stopped": "stopped", "*": "running"}


class Wrong:
    """No worker."""

    def running(self, s: Any) -> None: ...


def child(worker: Any = Tank, spec: Any = None, mapping: Any = None) -> Callable[[], Any]:
    def make() -> ChildSpec:
        given = {} if mapping is None else {"state_mapping": mapping}
        return ChildSpec("a", worker, TankSpec() if spec is None else spec, **given)

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (child(Wrong), "is the class Wrong, expected a name or the class of a worker. Derive the"),
        (child(Worker), "is the class Worker, expected .* An abstract class is not a worker type"),
        (child(Part), "is the class Part, expected .* name one of its subclasses"),
        (child(Tank()), r"expected a name or the class of a worker\. Write Tank, the class itself"),
        (child(TankSpec), "is the class TankSpec, expected"),
        (child(Tank.running), "is Part.running, expected a name or the class of a worker"),
        (child(None), "is None, expected a name or the class"),
        (child(""), "is '', expected a name or the class"),
        (child(3), "is 3, expected a name or the class"),
        (child(Tank, UserSpec()), "the class Tank, which takes a TankSpec, but its spec is a User"),
        (child(Tank, 3), "The user_spec of child 'a' is a int, expected a UserSpec"),
        (child(mapping={"stopped": "runing"}), "'runing', which is not a .* mean 'running'"),
        (child(mapping={"stopped": "x"}), r"Known: running, stopped\."),
        (child("tank", mapping={"stopped": Tank.fill}), "is Tank.fill, expected a state"),
        (child("tank", mapping={Cellar.sound: "stopped"}), "is Cellar.sound, expected a state"),
        (child("tank", mapping={"stopped": Wrong.running}), "is Wrong.running, expected a state"),
        (child("tank", mapping={"stopped": 3}), "is 3, expected a state"),
        (child("tank", mapping={3: "stopped"}), "is 3, expected a state"),
        (child("tank", mapping={"": Tank.stopped}), "is '', expected a state"),
        (child("tank", mapping={"stopped": Tank}), "is the class Tank, expected a state"),
        (child("tank", mapping={Tank.running: "x", "running": "y"}), "the state 'running' twice"),
        (child("tank", mapping=3), "The state_mapping of child 'a' is 3, expected states of the"),
        (child("tank", mapping=[Tank.running]), "expected states of the parent with states"),
        (lambda: DesiredState(Tank.fill), "The desired state is Tank.fill, expected a state"),  # type: ignore[arg-type]
        (lambda: DesiredState(Tank), "The desired state is the class Tank, expected a state"),  # type: ignore[arg-type]
        (lambda: DesiredState(""), "The desired state is '', expected a state"),
        (lambda: DesiredState(None), "The desired state is None, expected a state"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_worker_or_state_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        make()
    assert caught.value.fix


def test_a_state_of_another_class_is_refused_though_it_has_the_same_name() -> None:
    class Other(Worker[UserSpec]):
        @state("stopped")
        def stopped(self, s: Any) -> Any: ...

    with pytest.raises(SpecError, match=r"asks for Other\.stopped, but .* a Tank\. Write Tank\.st"):
        ChildSpec("a", Tank, TankSpec(), {"stopped": Other.stopped})


def test_a_class_that_is_not_registered_is_answered_with_the_known_names() -> None:
    factory = WorkerFactory()
    factory.register(Cellar)
    factory.register(Pump)
    factory.register(Tank, name="big tank")
    with pytest.raises(UnknownWorkerTypeError, match=r"'small' .* Known: big tank, cellar, pump"):
        factory.find(Small)
    with pytest.raises(UnknownWorkerTypeError, match="Tank is registered as 'big tank': write"):
        factory.find(Tank)
    with pytest.raises(SpecError, match="The worker type to find is the class Wrong, expected a"):
        factory.find(Wrong)  # type: ignore[arg-type]
    factory.register_alias("barrel", Pump)
    assert factory.find(Pump) is factory.find("barrel") is factory.find("pump")
    with Simulation(ChildSpec("cellar", Cellar, UserSpec()), factory) as sim:
        sim.run(1)
        assert "Tank is registered as 'big tank'" in sim["cellar/a"].conditions[0].reason


def test_a_tree_of_classes_runs_and_is_looked_at_by_them() -> None:
    factory = WorkerFactory()
    factory.register(Cellar)
    factory.register(Tank)
    with Simulation(ChildSpec("cellar", Cellar, UserSpec()), factory) as sim:
        sim.run(10)
        assert sim["cellar/a"].state == "running"
        assert [node.path for node in sim.view().of_type(Tank)] == ["cellar/a"]
        assert sim.view().of_type("tank") == sim.view().of_type(Tank)
        with pytest.raises(SpecError, match="The worker type to look for is the class Wrong"):
            sim.view().of_type(Wrong)  # type: ignore[arg-type]


def test_a_class_says_its_initial_and_its_stop_state_by_method_as_well() -> None:
    class Odd(Worker):
        @state("stopped", to="on")
        def off(self, s: Any) -> Any: ...

        @state("running", to=[off])
        def on(self, s: Any) -> Any: ...

        initial = on
        stop_state = off

    assert (Odd.definition.initial, Odd.definition.stop_state) == ("on", "off")
    assert list(Odd.definition.states) == ["off", "on"]
    assert Odd.definition.states["on"].to == ("off",)
