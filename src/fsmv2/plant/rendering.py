"""Renders a bridge's sections ahead of time, to say before anything runs what is wrong with them.

The bridge does the same in its derive; here each problem gets the place in the file: that of the
template, and that of the variable whose value does not fit.
"""

from __future__ import annotations

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
from fsmv2.diagnostic import Mark
from fsmv2.errors import FsmError
from fsmv2.flow import (
    Device,
    FlowConfig,
    FlowPlace,
    ReadSection,
    WriteSection,
    flow_config,
)
from fsmv2.flow.flow_sections import FlowEndpoints, resolve
from fsmv2.model import has_first_level, location_variables, utc_text, with_engine_keys
from fsmv2.model.decoder import Node, decode_sound

TYPES: Mapping[str, type[msgspec.Struct]] = {
    "connection": Device,
    "read": ReadSection,
    "write": WriteSection,
}
"""The sections of a bridge that are rendered."""

_SOME_PLACE = "enterprise"


def check_bridge(
    bridge: Node,
    sections: Mapping[str, Node],
    *,
    name: str,
    user: Mapping[str, Any],
    global_: Mapping[str, Any],
    location: Mapping[str, str],
    agent_location: Mapping[str, str],
) -> tuple[list[Diagnostic], dict[str, tuple[Node, FlowEndpoints]]]:
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
    flows: dict[str, tuple[Node, FlowEndpoints]] = {}
    place = path if has_first_level(path) else _SOME_PLACE  # which has been looked at
    for key, section in sections.items():
        wrong, flow = _check_section(bridge, key, section, scope, name, place)
        problems += wrong
        if flow is not None:
            flows[key] = (section, flow)
    return problems, {} if problems else flows


def subjects_of(flow: FlowEndpoints) -> list[str]:
    """What a flow publishes to."""
    config = flow_config("", *flow)
    if not isinstance(config, FlowConfig):
        return []
    return [config.output.subject(tag) for tag in config.input.tags]


def _check_section(
    bridge: Node, key: str, section: Node, scope: dict[str, Any], name: str, place: str
) -> tuple[list[Diagnostic], FlowEndpoints | None]:
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
    decoded, _, found = decode_sound(values, TYPES[key], wrong)
    problems += _of_bridge(name, found)
    if not isinstance(decoded, ReadSection | WriteSection):
        return problems, None
    try:
        return problems, resolve(
            decoded, FlowPlace(location_path=place, broker_url="nats://unknown")
        )
    except SpecError as error:
        problems += [
            section.problem(error.code, f"bridge '{name}': {text}", fix=error.fix)
            for text in error.problems
        ]
    except FsmError as error:
        problems.append(
            section.problem(error.code, f"bridge '{name}': {error.message}", fix=error.fix)
        )
    return problems, None


def _of_bridge(name: str, problems: list[Diagnostic]) -> list[Diagnostic]:
    return [
        msgspec.structs.replace(problem, message=f"bridge '{name}': {problem.message}")
        for problem in problems
    ]


def at_template(node: Node, error: TemplateError, whose: str) -> Diagnostic:
    """The problem at the very place inside the template."""
    mark = node.mark
    if mark is not None and error.line == 1:
        mark = Mark(mark.file, mark.line, mark.column + node.column_offset + error.column - 1)
    place = Node("scalar", node.value, path=node.path, mark=mark, length=1, document=node.document)
    return place.problem(error.code, f"{whose}: {error.message}", fix=error.fix)
