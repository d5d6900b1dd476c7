"""Renders a bridge's sections ahead of time, to say before anything runs what is wrong with them.

The bridge does the same in its derive; here each problem gets the place in the file: that of the
template, and that of the variable whose value does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2 import (
    Diagnostic,
    SpecError,
    TemplateError,
    VariableBundle,
    compute_location_path,
    merge_locations,
    render_template,
)
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.builtin.sections import (
    ConnectionSection,
    ReadSection,
    WriteSection,
    connection_from,
    dataflow_from,
    writing_from,
)
from fsmv2.document import Node, decode
from fsmv2.errors import FsmError, Mark
from fsmv2.flow import ModbusInput, UnsOutput
from fsmv2.model import has_first_level, location_variables, utc_text, with_engine_keys
from fsmv2.plant.placeholders import stand_in

TYPES: Mapping[str, type[msgspec.Struct]] = {
    "connection": ConnectionSection,
    "read": ReadSection,
    "write": WriteSection,
}
"""The sections of a bridge that are rendered."""

_SOME_PLACE = "enterprise"

_OF_A_TAG = re.compile(r"registers\[(\d+)\] ")
_NAMES = (("virtual path part", "virtual_path"), ("published name", "rename"), ("tag name", "name"))


def check_bridge(
    bridge: Node,
    sections: Mapping[str, Node],
    *,
    name: str,
    user: Mapping[str, Any],
    global_: Mapping[str, Any],
    location: Mapping[str, str],
    agent_location: Mapping[str, str],
) -> tuple[list[Diagnostic], dict[str, tuple[Node, DataFlowSpec]]]:
    """What keeps this bridge from starting, each with its place; and its flows.

    When something keeps it, it has none.
    """
    whole = merge_locations(agent_location, location)
    path = compute_location_path(whole)
    scope = VariableBundle(
        with_engine_keys(
            user,
            parent_state="running",
            location=location_variables(whole),
            location_path=path,
        ),
        global_,
        {
            "id": "",
            "name": name,
            "worker_type": "bridge",
            "parent_id": "",
            "created_at": utc_text(0),
        },
    ).flatten()
    problems: list[Diagnostic] = []
    write = sections.get("write")
    own = write is not None and write.get("input", "commands", "subject") is not None
    if not has_first_level(path) and ("read" in sections or (write is not None and not own)):
        found = "has no enterprise" if path else "is empty"
        does = "publishes by it" if "read" in sections else "hears commands by it"
        problems.append(
            bridge.problem(
                "FSM0134",
                f"bridge '{name}': the location {found}, but its flow {does}.",
                fix="Add at least `location: {enterprise: ...}` to the agent.",
            )
        )
    flows: dict[str, tuple[Node, DataFlowSpec]] = {}
    place = path if has_first_level(path) else _SOME_PLACE  # which has been looked at
    for key, section in sections.items():
        wrong, flow = _check_section(bridge, key, section, scope, name, place)
        problems += wrong
        if flow is not None:
            flows[key] = (section, flow)
    return problems, {} if problems else flows


def subjects_of(flow: DataFlowSpec) -> list[str]:
    """What a flow publishes to."""
    if isinstance(flow.input, ModbusInput) and isinstance(flow.output, UnsOutput):
        return [flow.output.subject(tag) for tag in flow.input.registers]
    return []


def _check_section(
    bridge: Node, key: str, section: Node, scope: dict[str, Any], name: str, place: str
) -> tuple[list[Diagnostic], DataFlowSpec | None]:
    """What is wrong with it, and the flow it makes, if it is one and nothing is."""
    problems: list[Diagnostic] = []
    wrong: set[str] = set()

    def render(node: Node) -> Any:
        if not isinstance(node.value, str) or "{" not in node.value:
            return node.value
        try:
            return render_template(node.value, scope, path=node.path)
        except TemplateError as error:
            problems.append(at_template(node, error, f"bridge '{name}'"))
            wrong.add(node.path)
            return node.value

    data = section.with_scalars(render).to_data()
    # A value that is nothing but one variable is wrong where the bridge sets that variable.
    values = section.with_values(data, lambda steps: bridge.get("variables", *steps))
    values = stand_in(values, wrong)
    _, found = decode(values, TYPES[key])
    if found:
        problems += [
            msgspec.structs.replace(problem, message=f"bridge '{name}': {problem.message}")
            for problem in found
        ]
        used = {node.origin.path: node.path for node in values.scalars() if node.origin}
        values = stand_in(values, {used.get(problem.path, problem.path) for problem in found})
        if decode(values, TYPES[key])[1]:
            return problems, None
    data = values.to_data()
    try:
        if key == "connection":
            connection_from(data)
        else:
            make = dataflow_from if key == "read" else writing_from
            return problems, make(data, location_path=place, broker_url="nats://unknown")
    except SpecError as error:
        problems += [
            _place_of(text, section).problem(error.code, f"bridge '{name}': {text}", fix=error.fix)
            for text in error.problems
        ]
    except FsmError as error:
        problems.append(
            section.problem(error.code, f"bridge '{name}': {error.message}", fix=error.fix)
        )
    return problems, None


def _place_of(problem: str, section: Node) -> Node:
    """The tag that a problem begins with, and its name when that is what it is about."""
    found = _OF_A_TAG.match(problem)
    if found is None:
        return section
    steps = "modbus", "registers", int(found[1])
    tag = section.get("input", *steps) or section.get("output", *steps)
    if tag is None:
        return section
    key = next((key for words, key in _NAMES if f" {words} " in problem), "")
    return tag.get(key) or tag


def at_template(node: Node, error: TemplateError, whose: str) -> Diagnostic:
    """The problem at the very place inside the template."""
    mark = node.mark
    if mark is not None and error.line == 1:
        mark = Mark(mark.file, mark.line, mark.column + node.column_offset + error.column - 1)
    place = Node("scalar", node.value, path=node.path, mark=mark, length=1, document=node.document)
    return place.problem(error.code, f"{whose}: {error.message}", fix=error.fix)
