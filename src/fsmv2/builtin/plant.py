"""A plant's document → the root of its tree, and everything that is wrong with it, all at once.

Problems of the document itself refuse it. Problems of one bridge, such as a variable nobody
defined, do not: that bridge waits with the reason while the others run. Called by the commands.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2 import (
    ChildSpec,
    Diagnostic,
    DocumentError,
    EngineSettings,
    Group,
    SpecError,
    TemplateError,
    VariableBundle,
    Vault,
    WorkerFactory,
    compute_location_path,
    merge_locations,
    render_template,
)
from fsmv2.builtin.agent import Agent, AgentSpec, BridgeEntry, ProcessEntry
from fsmv2.builtin.bridge import Bridge, BridgeSpec
from fsmv2.builtin.broker.ports import PREFERRED, resolve_ports
from fsmv2.builtin.broker.worker import Broker, BrokerSpec
from fsmv2.builtin.connection import Connection
from fsmv2.builtin.dataflow import DataFlow
from fsmv2.builtin.kit import register_builtins
from fsmv2.builtin.ordering import check_siblings
from fsmv2.builtin.places import NOT_FOR_BRIDGES, Places
from fsmv2.builtin.process import Process
from fsmv2.builtin.processes import check_processes, process_entry, process_nodes
from fsmv2.builtin.rendering import check_bridge
from fsmv2.builtin.secret_values import SecretValues
from fsmv2.builtin.sections import BridgeSection, PlantSection, engine_settings
from fsmv2.builtin.sound import sound_part
from fsmv2.builtin.unused import Unused
from fsmv2.errors import suggest
from fsmv2.flow import AsyncioEngine
from fsmv2.spec.document import (
    Document,
    Node,
    decode,
    in_order,
    scan_folder,
    scan_yaml,
)
from fsmv2.spec.document.source import read_file

ACTIONS = {
    cls.definition.name: cls.definition.actions
    for cls in (Agent, Bridge, Broker, Connection, DataFlow, Process)
}
"""What the section `engine:` may name: the actions of each worker type."""


class Plant(msgspec.Struct, frozen=True):
    """A document that can be run, with its warnings and what keeps single bridges waiting.

    `async with Runtime(plant) as tree:` runs it.
    """

    root: ChildSpec
    settings: EngineSettings
    vault: Vault
    diagnostics: tuple[Diagnostic, ...]

    @contextlib.asynccontextmanager
    async def types(self, factory: WorkerFactory) -> AsyncIterator[None]:
        """Add the built-in types to `factory`, with an engine that is closed at the end."""
        engine = AsyncioEngine()
        register_builtins(factory, engine)
        try:
            yield
        finally:
            await engine.aclose()


def load_plant(path: Path, *, state_dir: Path | None = None) -> Plant:
    """Read a document, or a folder of them. DocumentError holds everything that is wrong.

    `state_dir` is where an embedded broker keeps its data; without it nothing is chosen or
    written, and the plant is good for looking at only.
    """
    folder = path if path.is_dir() else path.parent
    return _Loading(_scan(path), state_dir, folder).plant()


def load_document(path: Path) -> Document:
    """The document at `path`, a file or a folder of them, read and not yet checked."""
    return _scan(path).sound()


def _scan(path: Path) -> Document:
    if path.is_dir():
        return scan_folder(path, aliases=PlantSection.ALIASES)
    return scan_yaml(read_file(path), str(path))


def parse_plant(
    text: str,
    name: str = "document",
    *,
    state_dir: Path | None = None,
    folder: Path | None = None,
) -> Plant:
    """The same for a text; `name` stands in messages where the file's would.

    `folder` is what the files of secrets are relative to.
    """
    return _Loading(scan_yaml(text, name), state_dir, folder).plant()


class _Loading:
    """One reading of one document."""

    def __init__(self, document: Document, state_dir: Path | None, folder: Path | None) -> None:
        self._document = document
        self._node = document.root
        self._state_dir = state_dir
        self._folder = folder if folder is not None else Path()
        self._data: dict[int, Any] = {}
        self._fatal: list[Diagnostic] = list(document.problems)
        self._waiting: list[Diagnostic] = []
        self._writers: dict[str, str] = {}  # location path → the bridge that hears commands there
        self._unused = Unused(self._waiting)
        self._vault = Vault(folder)
        self._secrets = SecretValues(self._vault, self._fatal, self._waiting)

    def plant(self) -> Plant:
        section = self._decoded()
        places = Places(self._node, self._fatal, self._waiting)
        agent_location = places.location(self._node.get("agent", "location"))
        places.name(self._node.get("agent", "name"))
        nodes = self._bridge_nodes()
        places.names(nodes)
        places.variables(self._node.get("global"))
        for node in nodes:
            places.variables(node.get("variables"))
        for node in process_nodes(self._node).values():
            places.variables(node.get("variables"))
        names = {str(name.value) for node in nodes if (name := node.get("name")) is not None}
        check_processes(self._node, names | set(NOT_FOR_BRIDGES), self._fatal)
        locations = {node.path: places.bridge_location(node, agent_location) for node in nodes}
        if not self._document.holes:
            check_siblings(self._node, names, self._fatal)
            self._check_templates()
        if section is None or self._fatal:
            self._look_further(locations, agent_location)
            raise self._refused()
        settings = self._settings(section)
        global_ = self._secrets.resolve(self._node.get("global"), section.global_)
        broker = self._broker(section, global_)
        entries = self._bridges(section, global_, locations, agent_location, broker)
        processes = tuple(self._processes(section, global_, agent_location))
        self._unused.rest(self._node)
        if self._fatal:
            raise self._refused()
        spec = AgentSpec(
            variables=VariableBundle(global_=global_),
            location=agent_location,
            broker=broker,
            bridges=tuple(entries),
            processes=processes,
            processes_dir=self._below("processes"),
            groups=tuple(Group(g.strategy, tuple(g.members)) for g in section.groups),
        )
        root = ChildSpec(section.agent.name, "agent", spec)
        return Plant(root, settings, self._vault, tuple(in_order(self._waiting)))

    def _decoded(self) -> PlantSection | None:
        """The sections; what is wrong with them is noted, but for what the reading told already."""
        section, problems = decode(self._node, PlantSection)
        told = {p.path for p in self._fatal} | {p.mark for p in self._fatal}
        self._fatal += [p for p in problems if p.path not in told and p.mark not in told]
        if self._document.holes:
            # A section that is missing may stand where nothing could be read.
            self._fatal = [p for p in self._fatal if p.path or p.code != "FSM0121"]
        return section

    def _refused(self) -> DocumentError:
        """All that is wrong, but for what is so only because of something that refuses it."""
        wrong = [p.path for p in self._fatal if p.path]
        waiting = [
            p for p in self._waiting if not any(_either_holds(p.path, path) for path in wrong)
        ]
        return DocumentError(in_order([*self._fatal, *waiting]))

    def _look_further(
        self, locations: Mapping[str, Mapping[str, str]], agent_location: Mapping[str, str]
    ) -> None:
        """Note what else is wrong with a document that is refused, as far as it can be judged."""
        if self._document.holes:
            return  # whatever is missed may stand where nothing could be read
        self._node, section = sound_part(self._node, self._fatal)
        if section is None:
            return
        self._state_dir = None  # nothing is to be chosen or written
        self._unused = Unused([])  # what is left out may read it
        self._settings(section)
        global_ = self._secrets.resolve(self._node.get("global"), section.global_)
        broker = self._broker(section, global_)
        self._bridges(section, global_, locations, agent_location, broker)
        list(self._processes(section, global_, agent_location))

    def _bridges(
        self,
        section: PlantSection,
        global_: Mapping[str, Any],
        locations: Mapping[str, Mapping[str, str]],
        agent_location: Mapping[str, str],
        broker: BrokerSpec | None,
    ) -> list[BridgeEntry]:
        pairs = zip(section.bridges, self._bridge_nodes(), strict=True)
        return [
            self._entry(bridge, node, global_, locations[node.path], agent_location, broker)
            for bridge, node in pairs
        ]

    def _bridge_nodes(self) -> list[Node]:
        node = self._node.get("bridges") or self._node.get("protocolConverter")
        return list(node.value) if node is not None and node.kind == "sequence" else []

    def _check_templates(self) -> None:
        """Each bridge needs a connection, its own or that of a template that exists."""
        templates = self._node.get("templates")
        known = templates.value if templates is not None and templates.kind == "mapping" else {}
        for node in self._bridge_nodes():
            name, connection = node.get("template"), node.get("connection")
            if connection is not None and connection.value is None:
                self._fatal.append(
                    connection.problem(
                        "FSM0122",
                        "'connection' has no value, expected keys and values.",
                        fix="Write `host:` and `port:` below it, indented, or remove the key to "
                        "have that of a template.",
                        at_key=True,
                    )
                )
            elif name is not None and name.value is not None and str(name.value) not in known:
                self._fatal.append(
                    name.problem(
                        "FSM0130",
                        f"there is no template '{name.value}'.",
                        fix=suggest(str(name.value), known) or "Add a section `templates:`.",
                    )
                )
            elif (
                (name is None or name.value is None)
                and node.kind == "mapping"
                and connection is None
                and not self._has_wrong_key(node)
            ):
                self._fatal.append(
                    node.problem(
                        "FSM0132",
                        "this bridge has neither `template:` nor `connection:`.",
                        fix=f"Name a template. {suggest('', known)}".rstrip(),
                    )
                )

    def _has_wrong_key(self, node: Node) -> bool:
        """Whether a key of it is unknown, which may have been meant for one that is missing."""
        return any(p.code == "FSM0120" and p.path.startswith(node.path) for p in self._fatal)

    def _settings(self, section: PlantSection) -> EngineSettings:
        """The engine's settings; what they name must exist, and they must fit together."""
        types = self._node.get("engine", "types")
        for name, node in _entries(types):
            actions = ACTIONS.get(name)
            if actions is None:
                self._unknown(node, f"worker type '{name}'", name, ACTIONS)
            for action, place in _entries(node.get("actions") if actions is not None else None):
                if action not in (actions or ()):
                    self._unknown(place, f"action '{action}' of {name}", action, actions or ())
        try:
            return engine_settings(section.engine)
        except SpecError as error:
            node = self._node.get("engine") or self._node
            named = next((n for key, n in _entries(node) if f" {key} is " in str(error)), node)
            self._fatal.append(named.problem("FSM0126", str(error), fix="Change one of them."))
            return EngineSettings()

    def _unknown(self, node: Node, what: str, name: str, known: Iterable[str]) -> None:
        self._fatal.append(
            node.problem("FSM0135", f"there is no {what}.", fix=suggest(name, known))
        )

    def _broker(self, section: PlantSection, global_: Mapping[str, Any]) -> BrokerSpec | None:
        if section.processes and not section.bridges and self._node.get("broker") is None:
            return None  # nobody would speak to it
        broker = section.broker
        if broker.url:
            self._unused.reads(broker.url)
            try:
                url = render_template(broker.url, VariableBundle(global_=global_))
            except TemplateError as error:
                node = self._node.get("broker", "url") or self._node
                self._fatal.append(node.problem(error.code, error.message, fix=error.fix))
                return None
            return BrokerSpec(embedded=False, url=str(url))
        if not broker.embedded:
            node = self._node.get("broker") or self._node
            self._fatal.append(
                node.problem(
                    "FSM0126",
                    "`embedded: false` needs the `url:` of a broker of yours.",
                    fix="Write `url: nats://host:4222`, or `embedded: true`.",
                )
            )
            return None
        port, mqtt_port = broker.port or PREFERRED[0], broker.mqtt_port or PREFERRED[1]
        directory = ""
        if self._state_dir is not None:
            folder = self._state_dir / "broker"
            port, mqtt_port = resolve_ports(folder, port=broker.port, mqtt_port=broker.mqtt_port)
            directory = str(folder.absolute())
        return BrokerSpec(
            state_dir=directory,
            port=port,
            mqtt_port=mqtt_port,
            sync_interval=broker.sync_interval,
            max_store_bytes=broker.max_store_mb << 20,
        )

    def _entry(
        self,
        bridge: BridgeSection,
        node: Node,
        global_: Mapping[str, Any],
        location: Mapping[str, str],
        agent_location: Mapping[str, str],
        broker: BrokerSpec | None,
    ) -> BridgeEntry:
        """One bridge; what keeps it waiting is noted."""
        template = self._node.get("templates", bridge.template or "")
        sections: dict[str, Node] = {}
        for key in ("connection", "read", "write"):
            found = node.get(key) or (template.get(key) if template is not None else None)
            if found is not None and found.value is not None:
                sections[key] = found
        user = self._secrets.resolve(node.get("variables"), bridge.variables)
        self._waiting += check_bridge(
            node,
            sections,
            name=bridge.name,
            user=user,
            global_=global_,
            location=location,
            agent_location=agent_location,
        )
        write = sections.get("write")
        if write is not None and bridge.enabled and not write.get("input", "commands", "subject"):
            path = compute_location_path(merge_locations(agent_location, location))
            if (first := self._writers.setdefault(path, bridge.name)) != bridge.name:
                self._waiting.append(
                    node.problem(
                        "FSM0138",
                        f"bridge '{bridge.name}' would hear the commands of '{first}', which is at "
                        "the same location.",
                        fix="Give it another location, or `write.input.commands.subject`.",
                    )
                )
        data: dict[str, Any] = {key: self._shared(found) for key, found in sections.items()}
        self._unused.bridge(node, bridge.template, data.values())
        spec = BridgeSpec(
            variables=VariableBundle(user=user),
            location=location,
            connection=data["connection"],
            read=data.get("read"),
            write=data.get("write"),
            broker_url=broker.address if broker is not None else "",
            memory=self._below("commands") if write is not None else "",
            wanted=bridge.state,
        )
        return BridgeEntry(
            name=bridge.name, spec=spec, enabled=bridge.enabled, detect_only=bridge.detect_only
        )

    def _processes(
        self, section: PlantSection, global_: Mapping[str, Any], location: Mapping[str, str]
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
                location=location,
                folder=self._folder,
                state_dir=self._below("processes"),
                unused=self._unused,
                fatal=self._fatal,
                waiting=self._waiting,
            )
            if entry is not None:
                yield entry

    def _below(self, folder: str) -> str:
        """A folder in which workers keep what outlives the process; '' when nothing is kept."""
        return "" if self._state_dir is None else str((self._state_dir / folder).absolute())

    def _shared(self, node: Node) -> Any:
        """The plain data of a section; bridges of one template share one object."""
        return self._data.setdefault(id(node), node.to_data())


def _either_holds(one: str, other: str) -> bool:
    """Whether one of two places in a document is the other, or in it."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short) : len(short) + 1] in ("", ".", "[")


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    if node is None or node.kind != "mapping":
        return []
    return [(str(key), value) for key, value in node.value.items()]
