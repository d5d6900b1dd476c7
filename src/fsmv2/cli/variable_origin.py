"""`why FILE PATH --var NAME`: the value a worker sees, its tier, and the place it was written."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fsmv2.cli.commands.run import default_state
from fsmv2.cli.console import complain, put
from fsmv2.cli.document_change import change_from_tree
from fsmv2.cli.exit_codes import OK, USAGE
from fsmv2.core.state.paths import encode
from fsmv2.document import Node
from fsmv2.errors import suggest
from fsmv2.model import ENGINE_KEYS
from fsmv2.model.location import normalise_location
from fsmv2.model.secrets.vault import digests
from fsmv2.runtime import ExpandedWorker, expand
from fsmv2.worker import WorkerFactory

if TYPE_CHECKING:
    from fsmv2.plant import Plant

TIERS = ("global", "internal")


class Said(msgspec.Struct, frozen=True):
    """One declaration of a variable: by whom, where, and the value."""

    by: str
    place: str
    value: Any


def why_variable(file: Path, path: str, name: str, *, state_dir: Path | None = None) -> int:
    """Print where the variable `name` of the worker at `path` comes from; returns the exit code."""
    from fsmv2.builtin import register_builtins
    from fsmv2.flow import AsyncioEngine
    from fsmv2.plant import load_document, load_plant

    plant, root = load_plant(file), load_document(file).root
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())  # an engine begins nothing until a flow is started
    nodes = {node.path: node for node in expand(plant.root, factory, settings=plant.settings)}
    node = nodes.get(path)
    if node is None:
        complain(f"there is no supervisor '{path}' in {file}", fix=suggest(path, nodes))
        return USAGE
    steps = name.strip().removeprefix(".").split(".")
    scope: Any = node.spec.variables.flatten()
    for at, step in enumerate(steps):
        known = scope if isinstance(scope, Mapping) else {}
        if step not in known:
            whole = ".".join(steps[: at + 1])
            complain(f"{path} has no variable '{whole}'", fix=suggest(step, map(str, known)))
            return USAGE
        scope = known[step]
    put(f"{path}: {'.'.join(steps)} = {_shown(scope)}")
    for line in _story(root, nodes, node, steps):
        put(f"  {line}")
    for line in _secrets(plant, scope):
        put(f"  {line}")
    if change := change_from_tree(file, state_dir or default_state(file)):
        put(f"  this is what the file says: {change}")
    return OK


def _secrets(plant: Plant, value: Any) -> Iterator[str]:
    """Where the secrets in a value come from, and whether a change of them is seen."""
    for source in sorted(digests(value)):
        kind, _, name = source.partition(":")
        if kind == "env":
            yield f"a secret: the environment variable {name}, read when the tree is started"
            continue
        file = plant.vault.place(name)
        try:
            written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(file.stat().st_mtime))
        except OSError:
            yield f"a secret: the file {file}, which is not there; its default counts"
            continue
        every = plant.settings.secrets_interval
        yield f"a secret: the file {file}, written {written}; looked at every {every:g} s"


def _story(
    root: Node, nodes: Mapping[str, ExpandedWorker], node: ExpandedWorker, steps: list[str]
) -> Iterator[str]:
    first = steps[0]
    if first == "internal":
        yield "tier internal: the engine gives it to this worker, nobody can declare it"
        if steps[1:] in ([], ["created_at"]):
            yield "created_at is known only where it runs; nothing runs here"
    elif first == "global":
        found = root.get("global", *steps[1:]) or root.get("global")
        yield f"tier global, the same for all workers: {_place(found)}"
    elif first == "location":
        yield "tier user, set by the engine: merged from the locations of all levels, parents first"
        yield from _levels(root, node, steps[1:])
    elif first == "location_path":
        yield "tier user, set by the engine from the location; nobody can declare it"
        yield from _levels(root, node, [])
    elif first in ENGINE_KEYS:
        yield "tier user, set by the engine at every derive; nobody can declare it"
        yield "it changes while the tree runs; this is its value before anything is started"
    else:
        winner, *hidden = list(_declarations(root, nodes, node, steps))
        yield f"tier user: declared by {winner.by}, {winner.place}"
        for said in hidden:
            yield f"hides {_shown(said.value)}, declared by {said.by}, {said.place}"


def _declarations(
    root: Node, nodes: Mapping[str, ExpandedWorker], node: ExpandedWorker, steps: list[str]
) -> Iterator[Said]:
    """Who declares the variable on the way from the worker up to the root; the first one counts."""
    at = node.path
    while at:
        above = at.rpartition("/")[0]
        declared = nodes[at].declared.variables.user
        if steps[0] in declared:
            owner = _section(root, at)
            written = owner.get("variables", *steps) if owner is not None else None
            if written is None and owner is not None:
                written = owner.get("variables", steps[0])
            by = f"{nodes[at].type} {at}" if at == node.path else f"its {nodes[at].type} {at}"
            place = _place(written) if written is not None else f"in the derive of {above}"
            yield Said(by, place, declared[steps[0]])
        at = above


def _levels(root: Node, node: ExpandedWorker, wanted: list[str]) -> Iterator[str]:
    """Where each level of the location was written, and which mentions of it do not count."""
    seen = node.spec.variables.user.get("location", {})
    only = _level(wanted[0]) if wanted else ""
    counted: set[str] = set()
    parts = node.path.split("/")
    for count in range(1, len(parts) + 1):
        section = _section(root, "/".join(parts[:count]))
        written = section.get("location") if section is not None else None
        for part in written.scalars() if written is not None else ():
            level = _level(re.split(r"[.\[\]]+", part.path.rstrip("]"))[-1])
            if only in ("", level):
                # What the worker sees decides, so that the rule of the merge stands in one place.
                counts = level not in counted and seen.get(level) == str(part.value).strip()
                counted.update([level] if counts else ())
                hidden = "" if counts else "hides "
                yield f"{hidden}{level}: {_shown(part.value)}, {_place(part)}"


def _level(key: str) -> str:
    """The canonical name of a level, whichever of its names or its number is given."""
    return next(iter(normalise_location({key: "any"})))


def _section(root: Node, path: str) -> Node | None:
    """The part of the document that declares the supervisor at `path`."""
    parts = path.split("/")
    if len(parts) == 1:
        return root.get("agent")
    if len(parts) > 2:
        return None
    processes = root.get("processes")
    if processes is not None and processes.kind == "mapping":
        named = {encode(str(key)): process for key, process in processes.value.items()}
        found: Node | None = named.get(parts[1])
        if found is not None:
            return found
    bridges = root.get("bridges") or root.get("protocolConverter")
    for bridge in bridges.children() if bridges is not None else ():
        name = bridge.get("name")
        if name is not None and encode(str(name.value)) == parts[1]:
            return bridge
    return None


def _place(node: Node | None) -> str:
    if node is None or node.mark is None:
        return "not written in the document"
    return f"{node.mark.file}:{node.mark.line}:{node.mark.column}"


def _shown(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
