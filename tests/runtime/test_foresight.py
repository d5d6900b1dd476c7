"""What a core would come to; nothing is carried out, and stops have come to their end."""

from __future__ import annotations

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    state,
    stay,
)
from fsmv2.core import Core, Declared, PauseRequested
from fsmv2.runtime.foresight import foresee


class LampSpec(UserSpec):
    pin: int = 1
    children: tuple[str, ...] = ()


class LampObserved(ObservedState):
    pass


class Lamp(Worker[LampSpec, LampObserved]):
    """Made again for another pin, with all below it."""

    def derive_desired_state(
        self, spec: LampSpec, previous_observed: LampObserved | None
    ) -> DesiredState:
        children = [ChildSpec(name, "lamp", LampSpec(pin=spec.pin + 1)) for name in spec.children]
        return DesiredState("stopped", tuple(children))

    async def collect_observed_state(
        self, spec: LampSpec, resources: Resources[None]
    ) -> LampObserved:
        return LampObserved()

    @state("stopped")
    def stopped(self, s: Snapshot[LampSpec, LampObserved]) -> Step:
        return stay("off")


def core(*children: str, pin: int = 1) -> Core:
    factory = WorkerFactory()
    factory.register(Lamp)
    made = Core(factory)
    made.handle(declared(*children, pin=pin), 0.0)
    made.run(0.0)
    made.take()
    return made


def declared(*children: str, pin: int = 1) -> Declared:
    return Declared(ChildSpec("top", "lamp", LampSpec(pin=pin, children=children)))


def test_nothing_declared_keeps_everybody() -> None:
    seen = foresee(core("a", "b"))
    assert all(one.kept and not one.derived for one in seen.workers.values())
    assert seen.gone == {}


def test_another_pin_is_another_instance_and_its_children_stop_with_it() -> None:
    seen = foresee(core("a", "b"), declared("a", pin=2))
    assert not seen.workers["top"].kept
    assert seen.workers["top"].why == "its spec or rendered config changed"
    assert seen.workers["top/a"].why == "stops with top"
    assert seen.gone == {"top/b": "stops with top"}


def test_a_thousand_are_recreated_without_waiting_for_their_turn() -> None:
    names = [f"lamp{number}" for number in range(1000)]
    made = core(*names)
    made.run(1.0)
    seen = foresee(made, declared(*names, pin=2))
    assert not any(one.kept for one in seen.workers.values())


def test_one_that_waits_for_its_turn_already_has_it() -> None:
    made = core("a")
    for number in range(made.settings.restarts_at_once):
        made.pace.admit(f"other{number}", 0.0)
    made.handle(declared("a", pin=2), 0.0)
    made.run(0.0)
    assert made.by_path["top"].recreate_due
    top = foresee(made, declared("a", pin=3)).workers["top"]
    assert not top.kept
    assert top.why == "its spec or rendered config changed"


def test_who_is_paused_waits_and_is_due() -> None:
    made = core("a")
    made.handle(PauseRequested("top"), 0.0)
    top = foresee(made, declared("a", pin=2)).workers["top"]
    assert top.kept
    assert top.due
    assert top.why == "its spec or rendered config changed"
