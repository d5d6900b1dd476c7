"""What of a wrong document can be looked at further, so that one mistake hides no other.

Whatever has a problem is left out, as little as can be, and with it what would be wrong only for
that: a bridge, say, whose template is left out. Called by `plant` for a document it refuses.
"""

from __future__ import annotations

from collections.abc import Iterable

from fsmv2 import Diagnostic
from fsmv2.builtin.sections import PlantSection
from fsmv2.spec.document import Node, decode
from fsmv2.spec.document.paths import parse_path

BRIDGES = ("bridges", "protocolConverter")
ROUNDS = 12
"""What is left out makes what is around it wrong, which has not more levels than these."""

NAMELESS = {"name": "agent"}
"""Stands for an agent that cannot be used."""

SOMEWHERE = {"host": "unknown", "port": 1}
"""Stands for a connection that cannot be used."""


def sound_part(root: Node, problems: Iterable[Diagnostic]) -> tuple[Node, PlantSection | None]:
    """The document without what has a problem, and that decoded; None if nothing is left."""
    left_out: set[str] = set()
    found: Iterable[Diagnostic] = problems
    for _ in range(ROUNDS):
        for problem in found:
            _leave_out(root, problem.path, left_out)
        part = _without_dependents(root.without(left_out), root)
        _put_in(part, root)
        section, found = decode(part, PlantSection)
        if section is not None:
            return part, section
    return root, None


def _put_in(part: Node, root: Node) -> None:
    """What all the rest needs, in place of what was left out."""
    if part.get("agent", "name") is None:
        part.value["agent"] = Node.from_data(NAMELESS, "agent")
    for section in ("templates", *BRIDGES):
        entries = part.get(section)
        for entry in entries.children() if entries is not None else ():
            whole = root.get(*parse_path(entry.path))
            had = whole is not None and whole.get("connection") is not None
            needed = had or (section in BRIDGES and _named(entry) is None)
            if needed and entry.kind == "mapping" and not _is_there(entry.get("connection")):
                entry.value["connection"] = Node.from_data(SOMEWHERE, f"{entry.path}.connection")


def _leave_out(root: Node, path: str, left_out: set[str]) -> None:
    """Leave out what is wrong for a problem at `path`; what is around it if that was not enough."""
    try:
        steps = parse_path(path)
    except ValueError:
        return
    node = root
    chain: list[Node] = []
    for step in steps:
        below = node.get(step)
        if below is None:
            break
        chain.append(below)
        if node.kind == "sequence" and node.path.endswith(".registers"):
            break  # half a tag would be another one
        node = below
    for at in reversed(chain):
        if at.path not in left_out:
            left_out.add(at.path)
            return


def _without_dependents(part: Node, root: Node) -> Node:
    """Without what can only be judged by something that was left out."""
    left_out: set[str] = set()
    for section in (*BRIDGES, "processes"):
        entries = part.get(section)
        for entry in entries.children() if entries is not None else ():
            whole = root.get(*parse_path(entry.path))
            if whole is not None and not _can_be_judged(entry, whole, part, root):
                left_out.add(entry.path)
    return part.without(left_out)


def _can_be_judged(entry: Node, whole: Node, part: Node, root: Node) -> bool:
    for steps in (("global",), ("agent", "location")):
        if _size(part.get(*steps)) != _size(root.get(*steps)):
            return False
    for key in ("variables", "location"):
        if _size(entry.get(key)) != _size(whole.get(key)):
            return False
    name, templates = _named(entry), part.get("templates")
    known = templates.value if templates is not None and templates.kind == "mapping" else {}
    return name is None or name in known


def _named(bridge: Node) -> str | None:
    """The template that a bridge is made of."""
    name = bridge.get("template")
    return str(name.value) if name is not None and _is_there(name) else None


def _is_there(node: Node | None) -> bool:
    return node is not None and node.value is not None


def _size(node: Node | None) -> int:
    return 0 if node is None else 1 + sum(map(_size, node.children()))
