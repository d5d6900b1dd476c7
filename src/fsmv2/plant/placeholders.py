"""Something sound in place of what is wrong, so that the rest of a section can still be judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from fsmv2.document import Node, around, parse_path
from fsmv2.flow.registry import COMMAND_OUTPUTS, INPUTS
from fsmv2.flow.tagged_kind import TaggedKind

SOMEWHERE: Mapping[str, Any] = {"host": "somewhere", "port": 1}

TAGGED: tuple[TaggedKind, ...] = (*INPUTS, *COMMAND_OUTPUTS)
SAMPLES: Mapping[tuple[str | int, ...], Callable[[int], Mapping[str, Any]]] = {
    (kind.key, kind.tags): kind.sample_tag for kind in TAGGED
}

NEEDED: Mapping[str, Mapping[str, Any]] = {
    "agent": {"name": "agent"},
    "broker": {"url": "nats://somewhere"},
    "templates.*": {"connection": SOMEWHERE},
    "processes.*": {"command": ["true"]},
    "*.connection": SOMEWHERE,
    **{f"*.{kind.key}": kind.sample for kind in TAGGED},
}
"""Keys that a section cannot do without, and values nothing is wrong with; by its path in short."""

BRIDGES = ("bridges.*", "protocolConverter.*")
"""A bridge needs a name, and a connection if no template has one."""


def stand_in(node: Node, wrong: Collection[str], incomplete: Collection[str] = ()) -> Node:
    """The same without what is at the paths `wrong`, and with what cannot be done without.

    Something at the paths `incomplete` is missing. A tag in which anything is wrong is another tag
    as a whole; its place among the others stays.
    """
    touched = {path for one in (*wrong, *incomplete) for path in around(one)}
    return _stand_in(node, touched, wrong)


def _stand_in(node: Node, touched: Collection[str], wrong: Collection[str]) -> Node:
    if node.kind == "scalar" or (node.path not in touched and node.path):
        return node
    if node.kind == "sequence":
        if (sample := SAMPLES.get(tuple(parse_path(node.path)[-2:]))) is not None:
            return node.of(
                [
                    Node.from_data(sample(n), tag.path) if tag.path in touched else tag
                    for n, tag in enumerate(node.value)
                ]
            )
        return node.of([_stand_in(c, touched, wrong) for c in node.value if c.path not in wrong])
    found = {
        key: _stand_in(child, touched, wrong)
        for key, child in node.value.items()
        if child.path not in wrong
    }
    needed = _needed(node.path, found)
    absent = {k: Node.from_data(v, f"{node.path}.{k}") for k, v in needed.items() if k not in found}
    return node.of({**absent, **found})


def _needed(path: str, found: Mapping[str, Node]) -> Mapping[str, Any]:
    steps = parse_path(path)
    if not steps:
        return {"agent": NEEDED["agent"]}
    short = str(steps[0]) if len(steps) == 1 else f"{steps[0]}.*"
    needed = NEEDED.get(short if len(steps) < 3 else f"*.{steps[-1]}", {})
    if short in BRIDGES and len(steps) == 2:
        template = found.get("template")
        if template is None or template.value is None:
            return {"name": path, "connection": SOMEWHERE}
        return {"name": path}
    return needed
