"""A plant's document → the root of its tree, and everything that is wrong with it, all at once.

Problems of the document itself refuse it. Problems of one bridge, such as a variable nobody
defined, do not: that bridge waits with the reason while the others run. Called by the commands.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec

from fsmv2 import (
    ChildSpec,
    Diagnostic,
    DocumentError,
    EngineSettings,
    Vault,
    WorkerFactory,
)
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.builtin.registration import register_builtins
from fsmv2.document import Document, scan_contents, scan_file, scan_folder, scan_yaml
from fsmv2.flow import AsyncioEngine
from fsmv2.model.decoder import MOST_SHOWN, Node, decode, in_order
from fsmv2.notify import NotifySettings
from fsmv2.plant.build import SHARED, Making
from fsmv2.plant.connections import Connections
from fsmv2.plant.likely_mistakes import CODES
from fsmv2.plant.location_reader import NOT_FOR_BRIDGES, LocationReader, Locations, bridge_nodes
from fsmv2.plant.log_section import LogSection, check_log
from fsmv2.plant.notify_targets import check_commands
from fsmv2.plant.processes import check_processes, process_nodes
from fsmv2.plant.recovery import MISSING, valid_part
from fsmv2.plant.section_names import with_known_sections
from fsmv2.plant.sections import PlantSection
from fsmv2.plant.start_order import check_siblings
from fsmv2.plant.unused_variables import UNREAD


class Plant(msgspec.Struct, frozen=True):
    """A document that can be run, with its warnings and what keeps single bridges waiting.

    `listen`: where metrics and health are to be served, as host:port; empty: nowhere.
    `async with Runtime(plant) as tree:` runs it.
    """

    root: ChildSpec
    """The top of the tree: the agent, with all others below it."""
    settings: EngineSettings
    """The section `engine:`, and defaults for what it leaves out."""
    vault: Vault
    """The secrets that the document names."""
    diagnostics: tuple[Diagnostic, ...]
    """Warnings; a document with errors makes no plant."""
    log: LogSection = LogSection()
    """The section `log:`."""
    ready: dict[str, BridgeSections] = {}
    """By name of a bridge: what its sections mean, which was found out to check them."""
    listen: str = ""
    notify: NotifySettings = NotifySettings()
    """The section `notify:`."""
    traces: str = ""
    """The URL of the receiver of traces; empty: the document names none."""

    @contextlib.asynccontextmanager
    async def types(self, factory: WorkerFactory) -> AsyncIterator[None]:
        """Add the built-in types to `factory`, with an engine that is closed at the end."""
        engine = AsyncioEngine()
        register_builtins(factory, engine, self.ready)
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


def load_contents(
    source: Path,
    contents: Mapping[str, bytes],
    *,
    state_dir: Path | None = None,
    managed: bool = False,
    secrets_key: bytes | None = None,
    vault: Vault | None = None,
    planning: bool = False,
) -> Plant:
    """The same of a document that was read before: bytes by file name, '' for one of one file.

    `source` is the path it was read from: it stands in messages, and files of secrets are relative
    to it; of a `managed` document, which stands in no folder, a relative one is refused.
    `secrets_key`: that of the vault of a tree which may run it, so that a secret that has not
    changed is the same in both. `vault` takes them in, instead of a new one. `planning`: nothing is
    chosen or written in the state directory, and a port that is not chosen yet is the preferred
    one. DocumentError holds everything that is wrong.
    """
    if "" in contents:
        document, folder = scan_yaml(contents[""], str(source)), source.parent
    else:
        document = scan_contents(source, contents, aliases=PlantSection.ALIASES)
        folder = source
    if vault is None:
        vault = Vault(folder, relative_files=not managed, key=secrets_key)
    return _Loading(document, state_dir, folder, vault, planning=planning).plant()


def load_document(path: Path) -> Document:
    """The document at `path`, a file or a folder of them, read and not yet checked."""
    return _scan(path).validated()


def _scan(path: Path) -> Document:
    if path.is_dir():
        return scan_folder(path, aliases=PlantSection.ALIASES)
    return scan_file(path)


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

    def __init__(
        self,
        document: Document,
        state_dir: Path | None,
        folder: Path | None,
        vault: Vault | None = None,
        *,
        planning: bool = False,
    ) -> None:
        self._planning = planning
        self._document = document
        self._node, unknown = with_known_sections(document.root)
        self._state_dir = state_dir
        self._folder = folder if folder is not None else Path()
        self._fatal: list[Diagnostic] = [*document.problems, *unknown]
        self._waiting: list[Diagnostic] = []
        self._vault = vault if vault is not None else Vault(folder)

    def plant(self) -> Plant:
        section = self._decoded()
        locations = self._checked()
        if section is None or self._fatal:
            self._look_further(locations)
            raise self._refused()
        making = self._making(self._node, section, locations, self._state_dir)
        settings, root = making.settings(), making.root()
        if self._fatal:
            raise self._refused()
        return Plant(
            root,
            settings,
            self._vault,
            tuple(in_order(self._waiting)),
            section.log,
            making.ready,
            section.http.listen if section.http is not None else "",
            making.notify(),
            section.traces.endpoint if section.traces is not None else "",
        )

    def _decoded(self) -> PlantSection | None:
        """The sections; what is wrong with them is noted, but for what the reading told already."""
        section, problems = decode(self._node, PlantSection)
        read = self._document.problems
        told = {p.mark for p in read if p.mark is not None}
        incomplete = {p.path for p in read} if self._document.holes else set()
        self._fatal += [
            p
            for p in problems
            if p.mark not in told and not (p.code == MISSING and p.path in incomplete)
        ]
        return section

    def _checked(self) -> Locations:
        """Names, places and references are checked; what its sections say comes after."""
        nodes = bridge_nodes(self._node)
        places = LocationReader(self._node, self._fatal, self._waiting)
        locations = places.locations(nodes)
        places.name(self._node.get("agent", "name"))
        places.names(nodes)
        places.variables(self._node.get("global"))
        check_log(self._node.get("log", "paths"), self._fatal)
        for node in (*nodes, *process_nodes(self._node).values()):
            places.variables(node.get("variables"))
        names = {str(name.value) for node in nodes if (name := node.get("name")) is not None}
        check_processes(self._node, names | set(NOT_FOR_BRIDGES), self._fatal)
        check_commands(self._node, self._fatal)
        if not self._document.holes:  # else what is not found may stand where nothing could be read
            check_siblings(self._node, names, self._fatal)
            connections = Connections(self._node, self._fatal)
            connections.of_templates()
            connections.of_bridges(nodes)
        return locations

    def _look_further(self, locations: Locations) -> None:
        """Note what else is wrong with a document that is refused, as far as it can be judged."""
        if self._document.holes or len(self._fatal) > MOST_SHOWN:
            return
        found = valid_part(self._node, self._fatal)
        if found is not None:
            making = self._making(*found, locations, None)
            making.settings()
            making.root()

    def _making(
        self, node: Node, section: PlantSection, locations: Locations, state_dir: Path | None
    ) -> Making:
        return Making(
            node,
            section,
            locations,
            vault=self._vault,
            folder=self._folder,
            state_dir=state_dir,
            fatal=self._fatal,
            waiting=self._waiting,
            planning=self._planning,
        )

    def _refused(self) -> DocumentError:
        # What is wrong, and was not looked at, may read what nothing else does.
        waiting = [
            problem for problem in self._waiting if problem.code not in (UNREAD, SHARED, *CODES)
        ]
        read = self._document.problems
        told = {problem.mark for problem in read if problem.mark is not None}
        fatal = [one for one in self._fatal if one.mark not in told or one in read]
        return DocumentError(in_order([*fatal, *waiting]))
