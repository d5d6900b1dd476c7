"""A section whose name is not known: which one was meant, and the document as if that stood there.

One wrong name would otherwise make everything wrong that needs the section: six bridges, say, of
which each has no template. Called by `load`.
"""

from __future__ import annotations

import msgspec

from fsmv2 import Diagnostic
from fsmv2.model.decoder import Node, decode
from fsmv2.model.decoder.display import shown
from fsmv2.name_suggestions import nearest
from fsmv2.plant.sections import PlantSection

UNKNOWN_KEY = "FSM0120"

SECTIONS = {field.encode_name: field.type for field in msgspec.structs.fields(PlantSection)}

OF_OTHERS = {
    "variables": "global",
    "vars": "global",
    "defaults": "global",
    "services": "processes",
    "programs": "processes",
    "apps": "processes",
    "devices": "bridges",
    "connections": "bridges",
    "machines": "bridges",
    "plcs": "bridges",
    "types": "templates",
    "mqtt": "broker",
    "nats": "broker",
    "settings": "engine",
    "logging": "log",
    "metrics": "http",
    "alerts": "notify",
    "notifications": "notify",
    "tracing": "traces",
    "plant": "agent",
}
"""What other programs call a section."""


def with_known_sections(root: Node) -> tuple[Node, list[Diagnostic]]:
    """The document with each section under the name that was probably meant, and the problems."""
    found: dict[str, Node] = dict(root.value)
    problems: list[Diagnostic] = []
    for key, node in root.value.items():
        if key in SECTIONS or key in PlantSection.ALIASES:
            continue
        meant = _meant(key, node, found)
        problems.append(_problem(root, key, meant))
        del found[key]
        if meant is not None:
            found[meant] = node
    return (root.of(found), problems) if problems else (root, [])


def _meant(key: str, node: Node, written: dict[str, Node]) -> str | None:
    """The section that is not written yet and has nearly this name, or takes what stands below."""
    if any(PlantSection.ALIASES.get(other) == "bridges" for other in written):
        written = {**written, "bridges": node}
    free = [name for name in SECTIONS if name not in written]
    near = nearest(key, free)
    if near is not None:
        return near
    called = OF_OTHERS.get(key.casefold())
    if called in free and node.kind == ("sequence" if called == "bridges" else "mapping"):
        return called
    if node.kind == "scalar":
        return None
    fitting = [name for name in free if name != "global" and _says(node) and _takes(name, node)]
    return fitting[0] if len(fitting) == 1 else None


def _says(node: Node) -> bool:
    """Whether keys stand in it, or in its entries, by which a section could be known.

    `volumes: {data: {}}` could be any section with entries, and `{name: Home}` an agent.
    """
    entries = node.value if node.kind == "sequence" else list(node.value.values())
    inner = {key for entry in entries if entry.kind == "mapping" for key in entry.value}
    own = set(node.value) if node.kind == "mapping" and not inner else set()
    return bool(inner - {"name"}) or len(own) > 1


def _takes(name: str, node: Node) -> bool:
    """Whether the section of this name could have what stands there."""
    _, problems = decode(Node("mapping", {"section": node}), _alone(name))
    return not problems


def _alone(name: str) -> type[msgspec.Struct]:
    return msgspec.defstruct("Alone", [("section", SECTIONS[name])])


def _problem(root: Node, key: str, meant: str | None) -> Diagnostic:
    fix = f"Did you mean '{meant}'? " if meant is not None else ""
    return root.problem(
        UNKNOWN_KEY,
        f"there is no key {shown(key)} at the top level.",
        key=key,
        fix=f"{fix}Known: {', '.join(sorted(SECTIONS))}.",
    )
