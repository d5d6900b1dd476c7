"""The sections of a valid document → the spec of the agent, and what keeps single parts waiting.

Called by `plant`: for the whole document, or for the part of a wrong one that can still be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fsmv2 import (
    ChildSpec,
    Diagnostic,
    EngineSettings,
    Group,
    SpecError,
    TemplateError,
    VariableBundle,
    Vault,
    compute_location_path,
    merge_locations,
)
from fsmv2.builtin.agent import Agent, AgentSpec, BridgeEntry, ProcessEntry
from fsmv2.builtin.bridge import Bridge, BridgeSpec
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.builtin.broker.broker_worker import Broker, BrokerSpec
from fsmv2.builtin.broker.ports import PREFERRED, expected_ports, resolve_ports
from fsmv2.builtin.connection import Connection
from fsmv2.builtin.dataflow import DataFlow
from fsmv2.builtin.process import Process
from fsmv2.flow import Login, topic_of
from fsmv2.flow.section_template import SectionTemplate
from fsmv2.model.decoder import Node
from fsmv2.name_suggestions import nearest, suggest
from fsmv2.notify import NotifySettings
from fsmv2.plant.broker_section import BrokerAccess
from fsmv2.plant.connections import reaches_device
from fsmv2.plant.likely_mistakes import Misleading
from fsmv2.plant.location_reader import Locations, bridge_nodes
from fsmv2.plant.notify_targets import NotifyTargets
from fsmv2.plant.processes import process_entry, process_nodes
from fsmv2.plant.render_checks import check_bridge, subjects_of
from fsmv2.plant.secret_variables import SecretValues
from fsmv2.plant.sections import BridgeSection, PlantSection, engine_settings
from fsmv2.plant.shared_problems import SharedProblems
from fsmv2.plant.undefined_variables import MeantVariables
from fsmv2.plant.unused_variables import Unused

ACTIONS = {
    cls.definition.name: cls.definition.actions
    for cls in (Agent, Bridge, Broker, Connection, DataFlow, Process)
}
"""What the section `engine:` may name: the actions of each worker type."""


OWN_TYPE = (
    "A type of your own has its settings in its class: `interval = 2.0`, `@action(timeout=120)`; "
    "a program may also hand `EngineSettings(types=...)` to its `Runtime`."
)
SHARED = "FSM0142"
"""A warning that only a document of which nothing is wrong has: of others places are not sure."""


class Making:
    """One root made of one document; its problems go into the lists it is given.

    `state_dir` is where workers keep what outlives the process; None: nothing is kept or chosen.
    `planning`: nothing is written there either.
    """

    def __init__(
        self,
        node: Node,
        section: PlantSection,
        locations: Locations,
        *,
        vault: Vault,
        folder: Path,
        state_dir: Path | None,
        fatal: list[Diagnostic],
        waiting: list[Diagnostic],
        planning: bool = False,
    ) -> None:
        self._node = node
        self._section = section
        self._locations = locations
        self._folder = folder
        self._state_dir = state_dir
        self._ports = expected_ports if planning else resolve_ports
        self._fatal = fatal
        self._waiting = waiting
        self._secrets = SecretValues(vault, fatal, waiting)
        self._relative_files = vault.relative_files
        self._notify = NotifySettings()
        self._meant = MeantVariables()
        self._shared = SharedProblems(self._meant.fixes)
        self._unused = Unused(waiting, self._meant.paths)
        self._misleading = Misleading(waiting, locations.agent)
        self.ready: dict[str, BridgeSections] = {}
        """By name of a bridge: what its sections mean, for the bridge to go on with."""
        self._data: dict[int, Any] = {}
        self._templates: dict[int, SectionTemplate] = {}
        self._writers: dict[str, str] = {}  # location path → the bridge that hears commands there
        self._publishers: dict[str, str] = {}  # subject → the bridge that publishes to it

    def root(self) -> ChildSpec:
        """The agent with all below it; good for running only if nothing fatal was noted."""
        section = self._section
        global_ = self._secrets.resolve(self._node.get("global"), section.global_)
        broker = self._broker(section, global_)
        nodes = bridge_nodes(self._node)
        for node in (self._node, *nodes, *process_nodes(self._node).values()):
            self._misleading.variables(node.get("global" if node is self._node else "variables"))
        bridges = [
            self._entry(bridge, node, global_, broker)
            for bridge, node in zip(section.bridges, nodes, strict=True)
        ]
        processes = tuple(self._processes(section, global_))
        self._notify = self._notify_settings(section, global_)
        self._waiting += self._shared.merged()
        self._unused.rest(self._node)
        self._misleading.rest()
        spec = AgentSpec(
            variables=VariableBundle(global_=global_),
            location=self._locations.agent,
            broker=broker,
            bridges=tuple(bridges),
            processes=processes,
            processes_dir=self._below("processes"),
            groups=tuple(Group(g.strategy, tuple(g.members)) for g in section.groups),
        )
        return ChildSpec(section.agent.name, "agent", spec)

    def notify(self) -> NotifySettings:
        """Who is notified of what; known once the root is made."""
        return self._notify

    def settings(self) -> EngineSettings:
        """The engine's settings; what they name must exist, and they must fit together."""
        types = self._node.get("engine", "types")
        for name, node in _entries(types):
            actions = ACTIONS.get(name)
            if actions is None:
                self._unknown(node, f"worker type '{name}'", name, ACTIONS, other=OWN_TYPE)
            for action, place in _entries(node.get("actions") if actions is not None else None):
                if action not in (actions or ()):
                    self._unknown(place, f"action '{action}' of {name}", action, actions or ())
        try:
            return engine_settings(self._section.engine)
        except SpecError as error:
            node = self._node.get("engine") or self._node
            named = next((n for key, n in _entries(node) if f" {key} is " in str(error)), node)
            self._fatal.append(named.problem("FSM0126", str(error), fix="Change one of them."))
            return EngineSettings()

    def _unknown(
        self, node: Node, what: str, name: str, known: Iterable[str], *, other: str = ""
    ) -> None:
        """`other`: what it may be that is no misspelling of what is known."""
        fix = suggest(name, known)
        if other and nearest(name, known) is None:
            fix = f"{fix} {other}"
        self._fatal.append(node.problem("FSM0135", f"there is no {what}.", fix=fix))

    def _notify_settings(self, section: PlantSection, global_: Mapping[str, Any]) -> NotifySettings:
        return NotifyTargets(
            section.notify,
            self._node.get("notify"),
            global_,
            folder=self._folder if self._relative_files else None,
            unused=self._unused,
            fatal=self._fatal,
            warnings=self._waiting,
        ).settings()

    def _broker(self, section: PlantSection, global_: Mapping[str, Any]) -> BrokerSpec | None:
        if section.processes and not section.bridges and self._node.get("broker") is None:
            return None  # nobody would speak to it
        broker = section.broker
        read = (broker.url or "", broker.user, broker.password, broker.token, broker.ca_file)
        for text in (*read, *broker.users.values()):
            self._unused.reads(text)
        access = BrokerAccess(broker, self._node.get("broker") or self._node, global_, self._fatal)
        if broker.url:
            return access.spec()
        if not broker.embedded:
            node = self._node.get("broker") or self._node
            self._fatal.append(
                node.problem(
                    "FSM0126",
                    "`embedded: false` needs the `url:` of your own broker.",
                    fix="Write `url: nats://host:4222`, or `embedded: true`.",
                )
            )
            return None
        port, mqtt_port = broker.port or PREFERRED[0], broker.mqtt_port or PREFERRED[1]
        directory = ""
        if self._state_dir is not None:
            folder = self._state_dir / "broker"
            port, mqtt_port = self._ports(folder, port=broker.port, mqtt_port=broker.mqtt_port)
            directory = str(folder.absolute())
        return BrokerSpec(
            state_dir=directory,
            port=port,
            mqtt_port=mqtt_port,
            sync_interval=broker.sync_interval,
            max_store_bytes=broker.max_store_mb << 20,
            users=access.users(),
        )

    def _entry(
        self,
        bridge: BridgeSection,
        node: Node,
        global_: Mapping[str, Any],
        broker: BrokerSpec | None,
    ) -> BridgeEntry:
        """One bridge; what keeps it waiting is noted."""
        location, agent_location = self._locations.bridges[node.path], self._locations.agent
        template = self._node.get("templates", bridge.template or "")
        sections: dict[str, Node] = {}
        for key in ("connection", "read", "write"):
            found = node.get(key) or (template.get(key) if template is not None else None)
            if found is not None and found.value is not None:
                sections[key] = found
        self._unused.bridge(node, bridge.template, map(self._data_of, sections.values()))
        write = sections.get("write")
        if not reaches_device(sections.get("read"), write):
            sections.pop("connection", None)  # that of a template whose flow it has replaced
        data = {key: self._data_of(found) for key, found in sections.items()}
        spec = BridgeSpec(
            variables=VariableBundle(
                user=self._secrets.resolve(node.get("variables"), bridge.variables)
            ),
            location=location,
            connection=data.get("connection"),
            read=data.get("read"),
            write=data.get("write"),
            broker_url=broker.address if broker is not None else "",
            broker_server=broker.server if broker is not None else "",
            broker_login=broker.access if broker is not None else Login(),
            memory=self._below("commands") if write is not None else "",
            wanted=bridge.state,
        )
        ready = BridgeSections(self._compiled(data))
        problems, flows = check_bridge(
            node,
            sections,
            spec,
            ready,
            name=bridge.name,
            root=self._node,
            global_=global_,
            agent_location=agent_location,
            meant=self._meant,
        )
        self.ready[bridge.name] = ready
        self._shared.made(bridge.name, bridge.template)
        for problem in problems:
            self._shared.add("bridge", bridge.name, problem)
        if bridge.enabled:
            subjects = [one for _, flow in flows.values() for one in subjects_of(flow)]
            self._check_subjects(bridge.name, node, subjects)
            self._misleading.bridge(node, bridge.name, location, flows)
        if write is not None and bridge.enabled and not write.get("input", "commands", "subject"):
            path = compute_location_path(merge_locations(agent_location, location))
            if (first := self._writers.setdefault(path, bridge.name)) != bridge.name:
                self._waiting.append(
                    node.problem(
                        "FSM0138",
                        f"bridge '{bridge.name}' would receive the commands of '{first}', which "
                        "is at the same location.",
                        fix="Give it another location, or `write.input.commands.subject`.",
                    )
                )
        return BridgeEntry(
            name=bridge.name, spec=spec, enabled=bridge.enabled, detect_only=bridge.detect_only
        )

    def _check_subjects(self, name: str, node: Node, subjects: Iterable[str]) -> None:
        """Warn where two bridges publish to one topic: nobody could tell their values apart."""
        shared: dict[str, list[str]] = {}
        for subject in subjects:
            if (first := self._publishers.setdefault(subject, name)) != name:
                shared.setdefault(first, []).append(subject)
        for first, of in shared.items():
            more = f", and to {len(of) - 1} more of its topics" if len(of) > 1 else ""
            self._waiting.append(
                node.problem(
                    SHARED,
                    f"bridge '{name}' publishes to {topic_of(of[0])}, as '{first}' does{more}.",
                    fix="Give it another location, or its tags a `rename` or a `virtual_path`.",
                    warning=True,
                )
            )

    def _processes(
        self, section: PlantSection, global_: Mapping[str, Any]
    ) -> Iterable[ProcessEntry]:
        """Their specs; the problems of each are noted."""
        for name, node in process_nodes(self._node).items():
            entry = process_entry(
                name,
                section.processes[name],
                node,
                user=self._secrets.resolve(
                    node.get("variables"), section.processes[name].variables
                ),
                global_=global_,
                location=self._locations.agent,
                folder=self._folder,
                state_dir=self._below("processes"),
                root=self._node,
                meant=self._meant,
                shared=self._shared,
                unused=self._unused,
                fatal=self._fatal,
            )
            if entry is not None:
                yield entry

    def _below(self, folder: str) -> str:
        """A folder in which workers keep what outlives the process; '' when nothing is kept."""
        return "" if self._state_dir is None else str((self._state_dir / folder).absolute())

    def _data_of(self, node: Node) -> Any:
        """The plain data of a section; bridges of one template share one object."""
        if (found := self._data.get(id(node))) is None:
            found = self._data[id(node)] = node.to_data()
        return found

    def _compiled(self, sections: Mapping[str, Any]) -> Iterator[SectionTemplate]:
        """Their templates, shared like the sections; none of one that cannot be compiled."""
        for key, section in sections.items():
            if (found := self._templates.get(id(section))) is None:
                try:
                    found = SectionTemplate(section, key)
                except TemplateError:
                    continue  # said when it is rendered, with its place
                self._templates[id(section)] = found
            yield found


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    if node is None or node.kind != "mapping":
        return []
    return [(str(key), value) for key, value in node.value.items()]
