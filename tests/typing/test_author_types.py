"""What a type checker tells an author: right programs pass, each wrong line is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api")

PROGRAM = """
from fsmv2 import (
    ActionResult, ChildSpec, DesiredState, ObservedState, Resources, Snapshot, Step, UserSpec,
    Worker, WorkerFactory, act, action, check, CheckResult, CheckView, goto, healthy, state, stay,
)
from fsmv2.runtime import TreeView

class ValveSpec(UserSpec):
    pin: int = 0

class ValveSeen(ObservedState):
    open: bool = False

class Valve(Worker[ValveSpec, ValveSeen]):
    async def collect_observed_state(
        self, spec: ValveSpec, resources: Resources[None]
    ) -> ValveSeen:
        return ValveSeen(open=spec.pin > 0)

    @action()
    async def turn(self, spec: ValveSpec, resources: Resources[None], by: float) -> float:
        return by

    @state("stopped", to="opened")
    def stopped(self, s: Snapshot[ValveSpec, ValveSeen]) -> Step:
        return goto(self.opened, "asked to")

    @state("running", to="stopped")
    def opened(self, s: Snapshot[ValveSpec, ValveSeen]) -> Step:
        turned = s.last(self.turn)
        if turned is not None and turned.result is not None:
            reveal_type(turned.result)
            degrees: float = turned.result
            return stay(f"turned by {degrees:.1f}")
        if s.children["other"].at(Valve.opened, Valve.stopped):
            return stay(f"pin {s.spec.pin}, {s.observed.open}")
        return act(self.turn, "not far enough", by=3.0)

class Plain(Worker):
    @state("stopped")
    def halted(self, s: Snapshot) -> Step:
        return stay("stays")

    stop_state = halted
    initial = "halted"

class HouseSpec(UserSpec):
    mapping: dict[str, str] = {}

class House(Worker[HouseSpec]):
    def derive_desired_state(
        self, spec: HouseSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        children = [
            ChildSpec("a", Valve, ValveSpec(pin=1)),
            ChildSpec("b", "valve", ValveSpec(), {"stopped": "stopped", "*": "opened"}),
            ChildSpec("c", Valve, ValveSpec(), {House.stopped: Valve.stopped}),
            ChildSpec("d", Valve, ValveSpec(), state_mapping={House.stopped: "stopped"}),
            ChildSpec("e", Valve, ValveSpec(), state_mapping={"*": Valve.opened}),
            ChildSpec("f", Plain, UserSpec(), state_mapping=spec.mapping, after=["a"]),
            ChildSpec("g", Valve, ValveSpec(), {House.stopped: Valve.stopped,
                                                House.running: Valve.opened}, enabled=False),
            ChildSpec("h", Valve, ValveSpec(), {House.stopped: Valve.stopped, "*": "opened"}),
        ]
        return DesiredState(self.running, children) if children else DesiredState(House.running)

    @state("running")
    def running(self, s: Snapshot[HouseSpec]) -> Step:
        return goto(self.stopped, "ends") if s.should_stop else stay("runs")

    @state("stopped", to=running)
    def stopped(self, s: Snapshot[HouseSpec]) -> Step:
        return goto(self.running, "begins")

    @check()
    def sound(self, view: CheckView) -> CheckResult:
        return healthy()

def right(view: TreeView, factory: WorkerFactory) -> None:
    kind: str = ChildSpec("a", Valve, ValveSpec()).worker_type
    asked: str = ChildSpec("a", Valve, ValveSpec()).state_mapping["stopped"]
    state_: str = DesiredState("on").state
    view.of_type(Valve), view.of_type("valve"), factory.find(Valve), factory.find("valve")

def wrong(self: Valve, s: Snapshot[ValveSpec, ValveSeen]) -> Step:
    WRONG
    return stay("wrong")
"""

WRONG = {
    "s.spec.pim": 'has no attribute "pim"',
    "s.observed.opened": 'has no attribute "opened"',
    'return act(self.turn, "why", to=3.0)': 'Unexpected keyword argument "to"',
    'return act(self.turn, "why", by="far")': 'incompatible type "str"; expected "float"',
    'return act(self.turn, "why")': 'Missing positional argument "by"',
    'return act(self.opened, "why")': "incompatible type",
    'return goto(self.closed, "why")': 'has no attribute "closed"',
    's.children["x"].healty': 'has no attribute "healty"',
    's.children["x"].at(Valve.closed)': 'has no attribute "closed"',
    's.children["x"].at(Valve.turn)': "incompatible type",
    's.children["x"].state = "opened"': "is read-only",
    "t = s.last(self.turn); assert t; n: str = t.result": "Incompatible types in assignment",
    "s.last(self.opened)": "incompatible type",
    "s.now = 3.0": "is read-only",
    "return 3": "Incompatible return value type",
    'ChildSpec("a", Valv, ValveSpec())': 'Name "Valv" is not defined',
    'ChildSpec("a", ValveSpec, ValveSpec())': "has incompatible type",
    'ChildSpec("a", Valve(), ValveSpec())': "has incompatible type",
    'ChildSpec("a", Valve, HouseSpec())': 'Cannot infer value of type parameter "S"',
    'ChildSpec("a", Valve, 3)': 'Cannot infer value of type parameter "S"',
    'ChildSpec("a", Valve, ValveSpec(), {House.stopped: Valve.shut})': 'has no attribute "shut"',
    'ChildSpec("a", Valve, ValveSpec(), {House.stopped: Valve.turn})': "has incompatible type",
    'ChildSpec("a", Valve, ValveSpec(), {House.stopped: House.sound})': "has incompatible type",
    'ChildSpec("a", Valve, ValveSpec(), {House.stopped: 3})': "has incompatible type",
    'ChildSpec("a", Valve, ValveSpec(), enable=False)': 'Unexpected keyword argument "enable"',
    "DesiredState(House.runing)": 'has no attribute "runing"',
    "DesiredState(House.sound)": "incompatible type",
    "DesiredState(House)": "incompatible type",
    "ValveSpec(pim=3)": 'Unexpected keyword argument "pim"',
    'ValveSpec(pin="x")': "incompatible type",
    'state("running", too="stopped")': 'Unexpected keyword argument "too"',
    "action(timeout='5s')": "incompatible type",
}


def checked(tmp_path: Path, wrong: str) -> list[str]:
    """What mypy says, strict, about the program with this line in it."""
    program = tmp_path / "valve.py"
    program.write_text(PROGRAM.replace("WRONG", wrong))
    out, err, _ = api.run(
        ["--strict", "--no-error-summary", f"--cache-dir={tmp_path.parent / 'cache'}", str(program)]
    )
    assert not err
    return [line for line in out.splitlines() if line]


@pytest.mark.timeout(300)
@pytest.mark.thorough
def test_the_types_an_author_writes_hold_in_both_directions(tmp_path: Path) -> None:
    """A sound worker passes strict mypy and knows the type of a result; each fault is named."""
    said = checked(tmp_path, "pass")
    assert len(said) == 1, said
    assert re.search(r'Revealed type is "(builtins\.)?float"', said[0])
    lines = [f"    if s.now > {n}:\n        {wrong}" for n, wrong in enumerate(WRONG)]
    said = checked(tmp_path, "pass\n" + "\n".join(lines))
    first = PROGRAM.replace("WRONG", "pass").splitlines().index("    pass") + 1
    for number, (wrong, expected) in enumerate(WRONG.items()):
        at = f":{first + 2 * number + 2}:"
        found = [line for line in said if at in line]
        assert any(expected in line for line in found), f"{wrong}: {found or said}"


def test_arguments_of_an_action_are_given_by_name() -> None:
    """A positional one would be shown in no record; it is refused where it is written."""
    from fsmv2 import DefinitionError, act

    async def turn(spec: object, resources: object, by: float) -> None: ...

    assert act(turn, "why", by=2.0).args == {"by": 2.0}
    with pytest.raises(DefinitionError, match=r"act\(self\.turn, \.\.\.\) takes .* by name"):
        act(turn, "why", 2.0)
