"""Warnings for what can be run and will mislead: numbers and places that mean something else.

One warning for each kind and section, however many tags or bridges it is about. Called by `making`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fsmv2 import Diagnostic, compute_location_path, merge_locations
from fsmv2.flow.flow_sections import FlowEndpoints
from fsmv2.flow.registry import COMMAND_OUTPUTS, INPUTS, tagged_end
from fsmv2.flow.tagged_kind import TaggedKind
from fsmv2.model import location_variables, normalise_location
from fsmv2.model.decoder import Node
from fsmv2.model.decoder.template_fields import is_template

GAP, NO_LOCATION, MARKERS, PAUSE = OWN_CODES = ("FSM0154", "FSM0155", "FSM0156", "FSM0157")
CODES = (*OWN_CODES, *(code for kind in (*INPUTS, *COMMAND_OUTPUTS) for code in kind.mistake_codes))
"""Of a document that is refused for something else they are not shown: places are not sure."""

SAME_PLACE = ("FSM0138", "FSM0142")


class Misleading:
    """Told of each bridge; `rest` warns of what many of them have in common."""

    def __init__(self, warnings: list[Diagnostic], agent: Mapping[str, str]) -> None:
        self._warnings = warnings
        self._agent = agent
        self._told: set[tuple[str, str]] = set()  # place and message: bridges share a template
        self._gaps: dict[tuple[str, ...], list[tuple[Node, str, str]]] = {}
        self._pauses: dict[tuple[str, int], list[tuple[float, str, Node]]] = {}
        self._nowhere: list[tuple[Node, str]] = []

    def bridge(
        self,
        node: Node,
        name: str,
        own: Mapping[str, str],
        flows: Mapping[str, tuple[Node, FlowEndpoints]],
    ) -> None:
        """Look at a bridge whose flows can be made."""
        for key, (section, flow) in flows.items():
            self._flow(section, flow)
            self._pause(section, flow, f"`{key}` of bridge '{name}'")
        if not flows or not self._agent:
            return
        if not own and node.get("location") is None:
            self._nowhere.append((node, name))
        whole = merge_locations(self._agent, own)
        if missing := _missing(whole):
            place = node.get("location")
            if missing == _missing(self._agent) or place is None:
                place = node
            found = self._gaps.setdefault(missing, [])
            found.append((place, name, compute_location_path(whole)))

    def variables(self, node: Node | None) -> None:
        """Warn of values with a template in them: a value is never rendered."""
        for value in () if node is None else node.scalars():
            if isinstance(value.value, str) and is_template(value.value):
                self._warn(
                    value,
                    MARKERS,
                    "this value has a template in it, which is not rendered: a variable is used "
                    "as it is written.",
                    "Write the template where the variable is used; or leave it, if these very "
                    "braces are wanted.",
                )

    def rest(self) -> None:
        """Warn of what several bridges have in common, once for all."""
        self._different_pauses()
        self._locations()

    def _different_pauses(self) -> None:
        """Devices have one pause between requests, whoever asks: the longest counts."""
        for (host, port), found in self._pauses.items():
            longest, whose, _ = max(found, key=lambda one: one[0])
            overruled = [one for one in found if one[0] != longest]
            if not overruled:
                continue
            pause, other, place = overruled[0]
            self._warn(
                place,
                PAUSE,
                f"{other} asks for {pause * 1000:g} ms between requests to {host}:{port}, and "
                f"{whose} for {longest * 1000:g} ms: the longest counts for all that use the device"
                f"{_more(len(overruled), 'flow')}.",
                f"Write one for both: `request_gap: {longest * 1000:g}ms`.",
            )

    def _locations(self) -> None:
        for missing, found in self._gaps.items():
            place, name, path = found[0]
            levels = " and ".join(missing)
            self._warn(
                place,
                GAP,
                f"bridge '{name}' publishes at {path}: its location leaves out {levels}, so "
                f"'unknown' stands there{_more(len(found), 'bridge')}.",
                f"Name {levels}, or use the levels from enterprise on without a gap.",
            )
        # Two bridges at one place are warned of already, with what to do.
        if self._nowhere and not any(found.code in SAME_PLACE for found in self._warnings):
            node, name = self._nowhere[0]
            path = compute_location_path(self._agent)
            below = _level(path.count(".") + 1)
            self._warn(
                node,
                NO_LOCATION,
                f"bridge '{name}' has no location of its own and publishes at that of the agent, "
                f"{path}{_more(len(self._nowhere), 'bridge')}.",
                f"Declare where its machine is: `location: {{{below}: ...}}`.",
            )

    def _pause(self, section: Node, flow: FlowEndpoints, whose: str) -> None:
        kind, config = tagged_end(*flow)
        device = kind.reaches(config)
        if device is not None and device.request_gap:
            place = _protocol(section, kind)
            found = self._pauses.setdefault((device.host.lower(), device.port), [])
            found.append((device.request_gap, whose, place.get("request_gap") or section))

    def _flow(self, section: Node, flow: FlowEndpoints) -> None:
        kind, config = tagged_end(*flow)
        tags = _protocol(section, kind).get(kind.tags)
        for found in kind.likely_mistakes(config):
            tag = tags.get(found.number) if tags is not None else None
            place = (tag.get(found.key) or tag) if tag is not None else tags
            self._warn(place or section, found.code, found.message, found.fix)

    def _warn(self, node: Node, code: str, message: str, fix: str) -> None:
        if (node.path, message) not in self._told:
            self._told.add((node.path, message))
            self._warnings.append(node.problem(code, message, fix=fix, warning=True))


def _more(number: int, what: str) -> str:
    if number == 1:
        return ""
    return f" (and so for {number - 1} more {what}{'s' if number > 2 else ''})"


def _protocol(section: Node, kind: TaggedKind) -> Node:
    """Where a document says what to read or write."""
    return section.get("input", kind.key) or section.get("output", kind.key) or section


def _missing(location: Mapping[str, str]) -> tuple[str, ...]:
    """The levels that a path has no name for."""
    known = location_variables(location)
    depth = len(compute_location_path(location).split("."))
    return tuple(_level(n) for n in range(depth) if str(n) not in known)


def _level(number: int) -> str:
    return next(iter(normalise_location({str(number): "any"})))
