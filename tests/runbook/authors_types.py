"""Worker types of an author, each with a mistake that authors make; for trees in that trouble."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    render_template,
    state,
    stay,
)


class MachineSpec(UserSpec):
    """`port`: of what it asks, on this machine; of a line `machines`, by name, of one `type`."""

    port: int = 0
    machines: tuple[str, ...] = ()
    type: str = ""


class Runs:
    """stopped → running: the two states that nearly all of them have."""

    @state("stopped", to="running")
    def stopped(self, s: Snapshot) -> Step:
        """It does not run."""
        return stay("asked to be stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Snapshot) -> Step:
        """It runs."""
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Machine(Runs, Worker[MachineSpec]):
    """One that is not observed; what goes wrong in one is written below it."""

    def derive_desired_state(self, spec: MachineSpec, previous_observed: object) -> DesiredState:
        """Running."""
        return DesiredState(state="running")


class Seen(ObservedState):
    """What is new at a look, where anything is."""

    at: float = 0.0


class Recipe(Worker[MachineSpec]):
    """Loads its recipe from a server, and gives that call no time-out."""

    def derive_desired_state(self, spec: MachineSpec, previous_observed: object) -> DesiredState:
        """Loaded."""
        return DesiredState(state="loaded")

    @action(timeout=0.5, retries=0)
    async def load(self, spec: MachineSpec, resources: Resources[None]) -> None:
        """Ask the server, for as long as it takes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", spec.port)
        with contextlib.closing(writer):
            await reader.readline()

    @state("stopped", to="loading")
    def stopped(self, s: Snapshot) -> Step:
        """It needs none."""
        return stay("asked to be stopped") if s.should_stop else goto(self.loading, "asked to run")

    @state("starting", to="loaded failed stopped")
    def loading(self, s: Snapshot) -> Step:
        """The server is asked."""
        last = s.last_action
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if last is None or last.ended_at < s.since:
            return act(self.load, "asks the recipe server")
        if last.succeeded:
            return goto(self.loaded, "the recipe server has answered")
        return goto(self.failed, last.error)

    @state("failed", to="loading stopped")
    def failed(self, s: Snapshot) -> Step:
        """The server has not answered; it is asked again after the backoff."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        wait = s.retry_at - s.now
        return stay("waits", wake_after=wait) if wait > 0 else goto(self.loading, "tries again")

    @state("running", to="stopped")
    def loaded(self, s: Snapshot) -> Step:
        """It has its recipe."""
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("has its recipe")


class Press(Recipe):
    """Takes each error for one of its server, and its own cancellation, too."""

    @action(timeout=0.2, retries=0)
    async def load(self, spec: MachineSpec, resources: Resources[None]) -> None:
        """Ask the server, until it has answered."""
        while True:
            try:
                return await Recipe.load(self, spec, resources)
            except (OSError, asyncio.CancelledError):
                await asyncio.sleep(0)


class Scale(Machine):
    """Waits in a step for an answer, and with it waits all that is to be decided."""

    @state("stopped", to="running")
    def stopped(self, s: Snapshot) -> Step:
        """Asks the scale before it runs."""
        if s.should_stop:
            return stay("asked to be stopped")
        with socket.create_connection(("127.0.0.1", s.spec.port)) as scale:
            return goto(self.running, f"the scale shows {scale.recv(100).decode().strip()}")


class Report(Runs, Worker[MachineSpec, Seen]):
    """Computes too much, in its constructor, in a template, and in each derive."""

    interval = 0.2
    derive_from = "own"

    def __init__(self) -> None:
        self._weekdays = [day % 7 for day in range(3_000_000)]

    def derive_desired_state(
        self, spec: MachineSpec, previous_observed: Seen | None
    ) -> DesiredState:
        """Adds up a table of so many ROWS."""
        scope = spec.variables.flatten()
        table = render_template("{% for n in range(.ROWS) %}{{ n * 7 % 13 }},{% endfor %}", scope)
        rows: int = scope["ROWS"]
        total = len(str(table)) + sum(day * row for row in range(rows) for day in range(2000))
        return DesiredState(state="running", config={"total": str(total)})

    async def collect_observed_state(self, spec: MachineSpec, resources: Resources[None]) -> Seen:
        """The time."""
        return Seen(at=time.monotonic())


class Archive(Runs, Worker[MachineSpec, Seen]):
    """Keeps each picture that it has taken."""

    interval = 0.1

    def __init__(self) -> None:
        self._pictures: list[bytes] = []

    def derive_desired_state(
        self, spec: MachineSpec, previous_observed: Seen | None
    ) -> DesiredState:
        """Running."""
        return DesiredState(state="running")

    async def collect_observed_state(self, spec: MachineSpec, resources: Resources[None]) -> Seen:
        """One more; no more than a test needs."""
        if len(self._pictures) < 100:
            self._pictures.append(b"\xff" * 8_000_000)
        return Seen()


class Batch(Machine):
    """Ends only after a server has taken its result, for which it waits."""

    @action(timeout=600.0, retries=0)
    async def deliver(self, spec: MachineSpec, resources: Resources[None]) -> None:
        """Hand the result over."""
        reader, writer = await asyncio.open_connection("127.0.0.1", spec.port)
        with contextlib.closing(writer):
            await reader.readline()

    @state("running", to="stopping")
    def running(self, s: Snapshot) -> Step:
        """It runs."""
        return goto(self.stopping, "asked to stop") if s.should_stop else stay("runs")

    @state("stopping", to="stopped")
    def stopping(self, s: Snapshot) -> Step:
        """The result is handed over."""
        last = s.last_action
        if last is not None and last.ended_at >= s.since:
            return goto(self.stopped, "the result is handed over")
        return act(self.deliver, "hands over the result")


class Mixer(Runs, Worker[MachineSpec, Seen]):
    """Declares another batch at each look, and the one before no more."""

    interval = 0.5
    derive_from = "own"

    def derive_desired_state(
        self, spec: MachineSpec, previous_observed: Seen | None
    ) -> DesiredState:
        """The batch of now."""
        number = int(previous_observed.at) if previous_observed is not None else 1
        batch = ChildSpec(f"batch-{number}", Batch, MachineSpec(port=spec.port))
        return DesiredState(state="running", children_specs=[batch])

    def __init__(self) -> None:
        self._looks = 0

    async def collect_observed_state(self, spec: MachineSpec, resources: Resources[None]) -> Seen:
        """One more each time."""
        self._looks += 1
        return Seen(at=self._looks)


class Line(Machine):
    """The root of these trees."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: MachineSpec, previous_observed: object) -> DesiredState:
        """A child for each machine."""
        machine = MachineSpec(port=spec.port)
        children = [ChildSpec(name, spec.type, machine) for name in spec.machines]
        return DesiredState(state="running", children_specs=children)


def line(type_: str, *machines: str, port: int = 0, **variables: int) -> ChildSpec:
    """What a program declares: a line of these machines."""
    bundle = VariableBundle(user=variables)
    spec = MachineSpec(port=port, machines=machines, type=type_, variables=bundle)
    return ChildSpec("edge", Line, spec)


def authors_types() -> WorkerFactory:
    """All of them."""
    factory = WorkerFactory()
    for type_ in (Line, Recipe, Press, Scale, Report, Archive, Batch, Mixer):
        factory.register(type_)
    return factory
