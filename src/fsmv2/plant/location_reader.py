"""Locations, names and variables of a document: the naming rules, each problem at its own place."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fsmv2 import Diagnostic, FsmError, merge_locations
from fsmv2.model import (
    ENGINE_KEYS,
    RESERVED_KEYS,
    LocationConflict,
    check_child_name,
    normalise_location,
)
from fsmv2.model.decoder import Node

NOT_FOR_BRIDGES = ("broker",)
"""Names that children of the agent have already."""


LEVELS = ("enterprise", "site", "area", "line", "cell")

SOMEWHERE = dict.fromkeys(LEVELS, "somewhere")
"""Stands for a location that cannot be used, so that nothing else is wrong for it."""


class Locations(msgspec.Struct, frozen=True):
    """Where the agent stands, and what each bridge, by its path in the document, adds to that."""

    agent: Mapping[str, str]
    bridges: Mapping[str, Mapping[str, str]]


def bridge_nodes(root: Node) -> list[Node]:
    """The entries of `bridges:`, by either of its names."""
    node = root.get("bridges") or root.get("protocolConverter")
    return list(node.value) if node is not None and node.kind == "sequence" else []


class LocationReader:
    """Collects problems into the lists it is given: those that refuse, and those that only warn."""

    def __init__(self, root: Node, fatal: list[Diagnostic], warnings: list[Diagnostic]) -> None:
        self._root = root
        self._fatal = fatal
        self._warnings = warnings

    def locations(self, bridges: list[Node]) -> Locations:
        """All that are written; each problem is reported."""
        agent = self._location(self._root.get("agent", "location"))
        return Locations(agent, {b.path: self._bridge_location(b, agent) for b in bridges})

    def _location(self, node: Node | None) -> Mapping[str, str]:
        """A location, normalised; every unclean level is reported where it stands."""
        if node is None or node.value is None:
            return {}
        before = len(self._fatal)
        for part in _levels(node):
            try:
                normalise_location(part.to_data(), path=part.path)
            except FsmError as error:
                no_level = error.message.startswith("There is no location level")
                if node.kind == "mapping" and no_level:
                    key = next(iter(part.value))
                    problem = node.problem(error.code, error.message, key=key, fix=error.fix)
                else:
                    at = next(iter(part.value.values()), part) if part.kind == "mapping" else part
                    problem = at.problem(error.code, error.message, fix=error.fix)
                self._fatal.append(problem)
        if len(self._fatal) > before:
            return SOMEWHERE
        try:
            return normalise_location(node.to_data(), path=node.path)
        except FsmError as error:
            self._fatal.append(node.problem(error.code, error.message, fix=error.fix))
            return SOMEWHERE

    def _bridge_location(self, bridge: Node, agent: Mapping[str, str]) -> Mapping[str, str]:
        """A bridge's own levels, without those that the agent owns; the loser is reported."""
        node = bridge.get("location")
        own = self._location(node)
        if SOMEWHERE in (agent, own):
            return own  # which of them owns a level cannot be told
        conflicts: list[LocationConflict] = []
        merge_locations(agent, own, parent_wins=True, conflicts=conflicts)
        for conflict in conflicts:
            if node is not None:
                self._warnings.append(
                    node.problem(
                        "FSM0133",
                        f"the agent already sets the level {conflict.level}: "
                        f"'{conflict.kept}' is used, not '{conflict.lost}'.",
                        fix=f"Remove {conflict.level} here.",
                        warning=True,
                    )
                )
        lost = {conflict.level for conflict in conflicts}
        return {level: name for level, name in own.items() if level not in lost}

    def name(self, node: Node | None) -> None:
        """A usable name."""
        if node is not None and isinstance(node.value, str) and node.value:
            self._check_name(node, node.value)

    def names(self, bridges: list[Node]) -> None:
        """Every bridge has a usable name of its own."""
        seen: dict[str, Node] = {}
        for bridge in bridges:
            node = bridge.get("name")
            if node is None or not isinstance(node.value, str) or not node.value:
                continue  # said where it is decoded
            name = node.value
            first = seen.setdefault(name, node)
            if first is not node:
                line = f", in line {first.mark.line}" if first.mark else ""
                self._fatal.append(
                    node.problem(
                        "FSM0131",
                        f"there is already a bridge named '{name}'{line}.",
                        fix="Give each bridge a name of its own.",
                    )
                )
            elif name in NOT_FOR_BRIDGES:
                self._fatal.append(
                    node.problem(
                        "FSM0131",
                        f"'{name}' is the name of the agent's {name}.",
                        fix="Give the bridge another name.",
                    )
                )
            else:
                self._check_name(node, name)

    def variables(self, node: Node | None) -> None:
        """Variables a person sets must not bear the engine's names."""
        if node is None or node.kind != "mapping":
            return
        for key in node.value:
            if key in ENGINE_KEYS or key in RESERVED_KEYS:
                self._fatal.append(
                    node.problem(
                        "FSM0200",
                        f"the variable '{key}' is set by the engine.",
                        key=key,
                        fix=f"Rename it, for example to my_{key}.",
                    )
                )

    def _check_name(self, node: Node, name: str) -> None:
        try:
            check_child_name(name)
        except FsmError as error:
            self._fatal.append(node.problem(error.code, error.message, fix=error.fix))


def _levels(node: Node) -> list[Node]:
    """A location level by level, so that each one's problem is found."""
    if node.kind == "mapping":
        return [
            Node(
                "mapping",
                {key: child},
                path=node.path,
                mark=child.mark,
                length=child.length,
                document=child.document,
            )
            for key, child in node.value.items()
        ]
    return list(node.value) if node.kind == "sequence" else [node]
