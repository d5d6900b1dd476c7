"""Says before anything runs what is wrong with the rendered sections of a bridge, and where.

They are rendered and decoded as the bridge does it, which then goes on with the result. Only what
is wrong is looked at once more, value by value: each problem gets the place in the file, that of
the template and that of the variable whose value does not fit.
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
from fsmv2.builtin.bridge import BridgeSpec
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.diagnostic import Mark
from fsmv2.errors import FsmError, UndefinedVariableError
from fsmv2.flow import Device, FlowConfig, FlowPlace, ReadSection, WriteSection, flow_config
from fsmv2.flow.flow_sections import FlowEndpoints, resolve
from fsmv2.model import has_first_level, location_variables, utc_text, with_engine_keys
from fsmv2.model.decoder import Node, Origin, decode_valid_part
from fsmv2.plant.undefined_variables import MeantVariables, without_place
from fsmv2.plant.wrong_values import at_their_variables

TYPES: Mapping[str, type[msgspec.Struct]] = {
    "connection": Device,
    "read": ReadSection,
    "write": WriteSection,
}
"""The sections of a bridge that are rendered."""

_DOTTED = re.compile(r"\.?\w+(?:\.\w+)*")
_SOME_PLACE = "enterprise"
_SOME_BROKER = "nats://unknown"


def foreseen_scope(
    worker_type: str,
    name: str,
    user: Mapping[str, Any],
    global_: Mapping[str, Any],
    location: Mapping[str, str],
) -> dict[str, Any]:
    """What the templates of a worker may name, as far as it is known before it runs."""
    path = compute_location_path(location)
    keys = with_engine_keys(
        user, parent_state="running", location=location_variables(location), location_path=path
    )
    internal = {
        "id": "",
        "name": name,
        "worker_type": worker_type,
        "parent_id": "",
        "created_at": utc_text(0),
    }
    return VariableBundle.trusted(keys, global_, internal).flatten()


def check_bridge(
    bridge: Node,
    sections: Mapping[str, Node],
    spec: BridgeSpec,
    ready: BridgeSections,
    *,
    name: str,
    root: Node,
    global_: Mapping[str, Any],
    agent_location: Mapping[str, str],
    meant: MeantVariables,
) -> tuple[list[Diagnostic], dict[str, tuple[Node, FlowEndpoints]]]:
    """What keeps this bridge from starting, each with its place; and its flows.

    When something keeps it, it has none. `ready` remembers what the bridge would do again. `meant`
    knows what to do about variables that are not set.
    """
    location = merge_locations(agent_location, spec.location)
    path = compute_location_path(location)
    scope = foreseen_scope("bridge", name, spec.variables.user, global_, location)
    problems: list[Diagnostic] = []
    write = sections.get("write")
    own = write is not None and write.get("input", "commands", "subject") is not None
    if not has_first_level(path) and ("read" in sections or (write is not None and not own)):
        does = "its topics begin" if "read" in sections else "the topics of its commands begin"
        problems.append(
            (root.get("agent", "location") or root.get("agent") or bridge).problem(
                "FSM0134",
                f"the location has no enterprise, with which {does}.",
                fix="Add at least `location: {enterprise: ...}` to the agent.",
                at_key=True,
            )
        )
        path = _SOME_PLACE  # it has been looked at
    place = spec.place(path)
    if not place.broker_url:
        place = msgspec.structs.replace(place, broker_url=_SOME_BROKER)
    try:
        meaning = ready.meaning(spec.sections, scope, place)
    except FsmError as error:
        found: list[Diagnostic] = []
        for key, section in sections.items():
            found += _problems_of(bridge, section, TYPES[key], scope, name, root, place, meant)
        problems += at_their_variables(found, sections.values(), _origin(bridge, root))
        return problems or [bridge.problem(error.code, error.message, fix=error.fix)], {}
    flows = {"read": meaning.read, "write": meaning.write}
    if problems:
        return problems, {}
    return [], {key: (sections[key], ends) for key, ends in flows.items() if ends is not None}


def subjects_of(flow: FlowEndpoints) -> list[str]:
    """What a flow publishes to."""
    config = flow_config("", *flow)
    if not isinstance(config, FlowConfig):
        return []
    return [config.output.subject(tag) for tag in config.input.tags]


def _origin(bridge: Node, root: Node) -> Origin:
    """From the steps of a variable to the node that sets it."""

    def found(steps: tuple[str, ...]) -> Node | None:
        if steps[:1] == ("global",):
            return root.get(*steps)
        return bridge.get("variables", *steps)

    return found


def _problems_of(
    bridge: Node,
    section: Node,
    type_: type[msgspec.Struct],
    scope: dict[str, Any],
    name: str,
    root: Node,
    place: FlowPlace,
    meant: MeantVariables,
) -> list[Diagnostic]:
    """What is wrong with a section, each at its place."""
    problems: list[Diagnostic] = []
    wrong: set[str] = set()

    def render(node: Node) -> Any:
        try:
            return render_template(node.value, scope, path=node.path)
        except TemplateError as error:
            problems.append(not_rendered(node, error, bridge, f"bridge '{name}'", root, meant))
            wrong.add(node.path)
            return node.value

    # A value that is nothing but one variable is wrong where that variable is set.
    rendered = section.render(render, _origin(bridge, root))
    decoded, _, found = decode_valid_part(rendered, type_, wrong)
    problems += found
    if not isinstance(decoded, ReadSection | WriteSection):
        return problems
    try:
        resolve(decoded, place)
    except FsmError as error:
        texts = error.problems if isinstance(error, SpecError) else [error.message]
        problems += [section.problem(error.code, text, fix=error.fix) for text in texts]
    return problems


def not_rendered(
    node: Node, error: TemplateError, owner: Node, whose: str, root: Node, meant: MeantVariables
) -> Diagnostic:
    """The problem of a template of a bridge or a process, `whose` it is, at the place inside it."""
    problem = at_template(node, error)
    if not isinstance(error, UndefinedVariableError):
        return problem
    fix = meant.fix_of(error, node, owner, whose, root.get("global"))
    return msgspec.structs.replace(problem, fix=fix)


def at_template(node: Node, error: TemplateError) -> Diagnostic:
    """The problem at the very place inside the template."""
    mark, length = node.mark, 1
    if mark is not None and error.line == 1:
        mark = Mark(mark.file, mark.line, mark.column + node.column_offset + error.column - 1)
        if isinstance(error, UndefinedVariableError) and node.document is not None:
            written = _DOTTED.match(node.document.line(mark.line), mark.column - 1)
            length = len(written[0]) if written is not None else 1
    place = Node(
        "scalar", node.value, path=node.path, mark=mark, length=length, document=node.document
    )
    return place.problem(error.code, without_place(error), fix=error.fix)
