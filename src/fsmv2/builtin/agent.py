"""`agent`: the root of a plant's tree, made from the document: broker, bridges, processes."""

from __future__ import annotations

import msgspec

from fsmv2 import (
    Backoff,
    ChildSpec,
    DesiredState,
    Group,
    ObservedState,
    Phase,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin.bridge import BridgeSpec
from fsmv2.builtin.broker.broker_worker import BrokerSpec
from fsmv2.builtin.process import ProcessSpec
from fsmv2.builtin.process.orphans import OrphansAtStart, end_orphans, orphan_name, orphans_in
from fsmv2.builtin.process.removed_folders import folders_left, remove_folders
from fsmv2.model import Restart

BROKER = "broker"

KINDS = {"bridge": ("bridges", "bridge"), "process": ("processes", "process")}
"""Worker types of which a plant has several, as words."""

NAMED = 3
"""Children in trouble that are named beside the first."""


class BridgeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One bridge of the document: its name, and what its worker is to be given."""

    name: str
    spec: BridgeSpec
    enabled: bool = True
    detect_only: bool = False


class ProcessEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the document."""

    name: str
    spec: ProcessSpec
    enabled: bool = True
    detect_only: bool = False
    restart: Restart = "permanent"
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    backoff: Backoff = Backoff()


class AgentSpec(UserSpec):
    """What the document says, templates already looked up but nothing rendered."""

    broker: BrokerSpec | None = None
    bridges: tuple[BridgeEntry, ...] = ()
    processes: tuple[ProcessEntry, ...] = ()
    groups: tuple[Group, ...] = ()
    processes_dir: str = ""


class AgentObserved(ObservedState):
    """The agent is this process. `orphans`: paths of processes of an earlier document that run.

    `folders`: those of which only a folder is left.
    """

    orphans: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


Snap = Snapshot[AgentSpec, AgentObserved]


class Agent(Worker[AgentSpec, AgentObserved]):
    """stopped → running ⇄ degraded → stopping → stopped."""

    interval = 60.0
    update_policy = "in_place"

    def __init__(self, orphans: OrphansAtStart | None = None) -> None:
        """`orphans`: where it notes which of those that ran at the start still do."""
        self._at_start = orphans if orphans is not None else OrphansAtStart()

    def derive_desired_state(
        self, spec: AgentSpec, previous_observed: AgentObserved | None
    ) -> DesiredState:
        """The broker, every bridge, which depends on it, and every process."""
        children = []
        broker = ""
        if spec.broker is not None:
            children.append(ChildSpec(BROKER, "broker", spec.broker))
            broker = f"{spec.variables.internal['id']}/{BROKER}"
        for entry in spec.bridges:
            children.append(
                ChildSpec(
                    entry.name,
                    "bridge",
                    msgspec.structs.replace(entry.spec, broker=broker),
                    enabled=entry.enabled,
                    depends_on=(broker,) if broker else (),
                    detect_only=entry.detect_only,
                )
            )
        children += [
            ChildSpec(
                entry.name,
                "process",
                entry.spec,
                enabled=entry.enabled,
                detect_only=entry.detect_only,
                restart=entry.restart,
                after=entry.after,
                requires=entry.requires,
                backoff=entry.backoff,
            )
            for entry in spec.processes
        ]
        return DesiredState("running", tuple(children), groups=spec.groups)

    async def collect_observed_state(
        self, spec: AgentSpec, resources: Resources[None]
    ) -> AgentObserved:
        """Look for processes whose entry was taken out, while fsmv2 was away or before."""
        folder, declared = spec.processes_dir, declared_processes(spec, resources.path)
        if not folder:
            return AgentObserved()
        orphans = await orphans_in(folder, declared)
        self._at_start.seen(orphans)
        return AgentObserved(
            orphans=orphans, folders=await folders_left(folder, {*declared, *orphans})
        )

    @action(timeout=60.0, blocks_children=False)
    async def end_orphans(
        self, spec: AgentSpec, resources: Resources[None], paths: tuple[str, ...]
    ) -> None:
        """End what is no longer declared; never what is."""
        declared = {orphan_name(path) for path in declared_processes(spec, resources.path)}
        await end_orphans(spec.processes_dir, set(paths) - declared)

    @action(timeout=60.0, blocks_children=False)
    async def remove_folders(
        self, spec: AgentSpec, resources: Resources[None], paths: tuple[str, ...]
    ) -> None:
        """Remove what is left of processes that are no longer declared and have ended."""
        declared = {orphan_name(path) for path in declared_processes(spec, resources.path)}
        await remove_folders(spec.processes_dir, set(paths) - declared)

    @state("stopped", to="running")
    def stopped(self, s: Snap) -> Step:
        """Nothing runs."""
        return stay("asked to be stopped") if s.should_stop else goto(self.running, "starts")

    @state("running", to="degraded stopping")
    def running(self, s: Snap) -> Step:
        """Everything that should run runs, or is about to."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if cleared := self._clear_up(s):
            return cleared
        troubled = _troubled(s)
        return goto(self.degraded, troubled) if troubled else stay(_summary(s))

    @state("degraded", to="running stopping")
    def degraded(self, s: Snap) -> Step:
        """Something needs a look; its own line says what."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if cleared := self._clear_up(s):
            return cleared
        troubled = _troubled(s)
        return stay(troubled) if troubled else goto(self.running, _summary(s))

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """Bridges end before the broker, so that their last samples arrive."""
        return goto(self.stopped, "all children are stopped")

    # ---- shared by the states ----------------------------------------------------------------

    def _clear_up(self, s: Snap) -> Step | None:
        """End and remove what is left of processes that are no longer declared."""
        if orphans := _no_children(s, s.observed.orphans):
            reason = f"ends {', '.join(orphans)}: no longer declared"
            return act(self.end_orphans, reason, paths=orphans)
        if folders := _no_children(s, s.observed.folders):
            named = ", ".join(folders[:NAMED]) + (", ..." if len(folders) > NAMED else "")
            reason = f"removes the folders of {named}: no longer declared"
            return act(self.remove_folders, reason, paths=folders)
        return None


def declared_processes(spec: AgentSpec, own: str) -> set[str]:
    """The paths of the processes of a document whose agent is at `own`."""
    return {f"{own}/{_in_path(entry.name)}" for entry in spec.processes}


def _in_path(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F")


def _no_children(s: Snap, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are no child either: one that is being removed is ended by its own worker."""
    if not paths:  # nearly always, and asked at each step beside thousands of bridges
        return ()
    children = {orphan_name(f"{s.path}/{_in_path(name)}") for name in s.children}
    return tuple(path for path in paths if path not in children)


def _troubled(s: Snap) -> str:
    """How many of how many are in trouble, the first with its reason, the next by name."""
    troubled = [(name, status) for name, status in s.children.items() if status.in_trouble]
    if not troubled:
        return ""
    # What is well again, and not yet for long, explains nothing: it is named last.
    found = dict(sorted(troubled, key=lambda one: one[1].healthy))
    kinds = {status.type for status in found.values()}
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    several, one = KINDS.get(kind, ("children", "child"))
    of = [status for status in s.children.values() if several == "children" or status.type == kind]
    first, *others = found
    noun, verb = several if len(of) > 1 else one, "are" if len(found) > 1 else "is"
    again = "healthy again, but only recently: " if found[first].healthy else ""
    text = f"{len(found)} of {len(of)} {noun} {verb} in trouble: {first}: {again}"
    text += found[first].reason
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        text += f"; also {', '.join(others[:NAMED])}{more}"
    return text


def _summary(s: Snap) -> str:
    healthy = sum(status.healthy for status in s.children.values())
    starting = [name for name, status in s.children.items() if status.phase is Phase.STARTING]
    text = f"{healthy} of {len(s.children)} children healthy"
    return f"{text}; {len(starting)} starting" if starting else text
