"""Warnings for what can be run and will mislead: numbers and places that mean something else.

One warning for each kind and section, however many tags or bridges it is about. Called by `making`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fsmv2 import Diagnostic, compute_location_path, merge_locations
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.document import Node
from fsmv2.document.template_fields import is_template
from fsmv2.flow import ModbusInput, ModbusOutput, WriteRegister
from fsmv2.flow.commands.write_config import plain
from fsmv2.flow.inputs.modbus.register import BIT_KINDS, WIDTHS, ModbusTag
from fsmv2.flow.inputs.modbus.register_values import exact
from fsmv2.model import location_variables, normalise_location

BOOL_OF_A_REGISTER, LIMIT, MODICON, GAP, NO_LOCATION, MARKERS, PAUSE = CODES = (
    "FSM0151",
    "FSM0152",
    "FSM0153",
    "FSM0154",
    "FSM0155",
    "FSM0156",
    "FSM0157",
)
"""Of a document that is refused for something else they are not shown: places are not sure."""

SAME_PLACE = ("FSM0138", "FSM0142")
FIRST = {"discrete": 10001, "input": 30001, "holding": 40001}
"""Where Modicon's notation begins to count each kind."""
NOTED = 9999
"""Addresses that the notation has of each kind, in five digits."""
GREATEST = {"float32": Fraction(2**24 - 1) * 2**104, "float64": Fraction(2**53 - 1) * 2**971}


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
        flows: Mapping[str, tuple[Node, DataFlowSpec]],
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
                f"Say where its machine stands: `location: {{{below}: ...}}`.",
            )

    def _pause(self, section: Node, flow: DataFlowSpec, whose: str) -> None:
        for key, side in (("input", flow.input), ("output", flow.output)):
            if isinstance(side, ModbusInput | ModbusOutput) and side.request_gap:
                place = section.get(key, "modbus", "request_gap") or section
                found = self._pauses.setdefault((side.host.lower(), side.port), [])
                found.append((side.request_gap, whose, place))

    def _flow(self, section: Node, flow: DataFlowSpec) -> None:
        for side in (flow.input, flow.output):
            if isinstance(side, ModbusInput | ModbusOutput):
                node = section.get("input", "modbus", "registers") or section.get(
                    "output", "modbus", "registers"
                )
                self._tags(node or section, side.registers)

    def _tags(self, node: Node, tags: Sequence[ModbusTag]) -> None:
        def place(number: int, key: str) -> Node:
            tag = node.value[number] if node.kind == "sequence" else node
            return tag.get(key) or tag

        flags = [n for n, t in enumerate(tags) if t.type == "bool" and t.kind not in BIT_KINDS]
        if flags:
            tag = tags[flags[0]]
            self._warn(
                place(flags[0], "type"),
                BOOL_OF_A_REGISTER,
                f"tag '{tag.name}' is a bool of {_a(tag.kind)} register, which has 16 bits: it is "
                f"true when any of them is set{_more(len(flags), 'tag')}.",
                "Read the whole register as `type: uint16`, or a single bit as `kind: coil` or "
                "`kind: discrete`.",
            )
        noted = [n for n, tag in enumerate(tags) if _meant(tag) is not None]
        if noted:
            tag = tags[noted[0]]
            self._warn(
                place(noted[0], "address"),
                MODICON,
                f"tag '{tag.name}': addresses count from 0 here, and {tag.address} looks like "
                f"Modicon's notation, which means address {_meant(tag)} of the {tag.kind} "
                f"registers{_more(len(noted), 'tag')}.".replace("discrete registers", "inputs"),
                f"Write `address: {_meant(tag)}`, unless the device has as many registers as that.",
            )
        for number, tag in enumerate(tags):
            if isinstance(tag, WriteRegister):
                for key, message, fix in _limits(tag):
                    self._warn(place(number, key), LIMIT, message, fix)

    def _warn(self, node: Node, code: str, message: str, fix: str) -> None:
        if (node.path, message) not in self._told:
            self._told.add((node.path, message))
            self._warnings.append(node.problem(code, message, fix=fix, warning=True))


def _more(number: int, what: str) -> str:
    if number == 1:
        return ""
    return f" (and so for {number - 1} more {what}{'s' if number > 2 else ''})"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _missing(location: Mapping[str, str]) -> tuple[str, ...]:
    """The levels that a path has no name for."""
    known = location_variables(location)
    depth = len(compute_location_path(location).split("."))
    return tuple(_level(n) for n in range(depth) if str(n) not in known)


def _level(number: int) -> str:
    return next(iter(normalise_location({str(number): "any"})))


def _meant(tag: ModbusTag) -> int | None:
    """The address that Modicon's notation means, if this may be in it."""
    first = FIRST.get(tag.kind)
    if first is None or not first <= tag.address < first + NOTED:
        return None
    return tag.address - first


def _limits(tag: WriteRegister) -> list[tuple[str, str, str]]:
    """Limits that the register cannot reach: key, message and fix."""
    if tag.type not in WIDTHS or tag.type == "bool":
        return []
    low, high = _range(tag)
    held = tag.type + ("" if tag.scale is None else f", scale {tag.scale:g}")
    held += f", offset {tag.offset:g}" if tag.offset else ""
    found = []
    for key, limit in (("min", tag.min), ("max", tag.max)):
        if limit is None or low <= (number := exact(limit)) <= high:
            continue
        # Written with a point, the greatest uint64 is 2**64. And 3.4028235e38, as people write it,
        # is the greatest float32 only when it is rounded to one.
        rounded = Fraction(1, 2**25 if tag.type == "float32" else 2**53)
        meant = isinstance(limit, int) and tag.type != "float32"
        if not meant and any(abs(number - end) <= abs(end) * rounded for end in (low, high)):
            continue
        above = number > high
        word, end = ("above", high) if above else ("below", low)
        none = ", so that nothing can be written" if above is (key == "min") else ""
        message = (
            f"tag '{tag.name}': {key} {plain(limit)} is {word} {_number(end)}, the "
            f"{'most' if above else 'least'} that it holds ({held}){none}."
        )
        fix = f"Write `{key}: {_number(end)}`, or a type that holds more, if the device has one."
        found.append((key, message, fix))
    return found


def _range(tag: ModbusTag) -> tuple[Fraction, Fraction]:
    """The least and the greatest value, in units of the tag."""
    bits = 16 * WIDTHS[tag.type]
    if (greatest := GREATEST.get(tag.type)) is not None:
        ends = (-greatest, greatest)
    elif tag.type.startswith("u"):
        ends = (Fraction(0), Fraction(2**bits - 1))
    else:
        ends = (Fraction(-(2 ** (bits - 1))), Fraction(2 ** (bits - 1) - 1))
    scale = Fraction(repr(1.0 if tag.scale is None else tag.scale))
    low, high = sorted(end * scale + Fraction(repr(tag.offset)) for end in ends)
    return low, high


def _number(value: Fraction) -> str:
    whole = value.denominator == 1 and abs(value) < 10**20
    return str(value.numerator) if whole else f"{float(value):.10g}"
