"""Where the value of a variable comes from: its tier, who declares it, and where; what it hides."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.errors import UnknownVariableError
from fsmv2.model import ENGINE_KEYS
from fsmv2.model.decoder import Node
from fsmv2.model.location import normalise_location
from fsmv2.model.secrets.vault import digests
from fsmv2.name_suggestions import suggest
from fsmv2.operate.document_expansion import expand
from fsmv2.operate.document_section import section_of
from fsmv2.plant import Plant, load_document
from fsmv2.runtime import ExpandedWorker


class VariableOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The value that a document gives a worker for a variable, and where it comes from.

    `origin`: sentences for people: its tier, who declared it at which file and line, what that
    hides, and where its secrets are. `change`: how the document differs from the tree that runs.
    """

    path: str
    """The worker."""
    variable: str
    """The name of the variable, such as `IP` or `location.site`."""
    value: Any
    """What the worker gets; a secret is shown as its token."""
    origin: tuple[str, ...]
    change: str


class VariableDeclaration(msgspec.Struct, frozen=True):
    """One declaration of a variable: by whom, where, and the value."""

    by: str
    place: str
    value: Any


def why_variable(
    document: Path | str, path: str, variable: str, *, state_dir: Path | None = None
) -> VariableOrigin:
    """Where the variable of the worker at `path` comes from, such as `IP` or `location.site`.

    Nothing needs to run for this. Raises UnknownPathError, UnknownVariableError, DocumentError.
    """
    document = Path(document)
    expansion, root = expand(document, state_dir=state_dir), load_document(document).root
    node = expansion.worker(path)
    steps = variable.strip().removeprefix(".").split(".")
    value = _value_of(node, steps)
    nodes = {worker.path: worker for worker in expansion.workers}
    return VariableOrigin(
        path=path,
        variable=".".join(steps),
        value=value,
        origin=(*_story(root, nodes, node, steps), *_secrets(expansion.plant, value)),
        change=expansion.change,
    )


def value_text(value: Any) -> str:
    """A value as JSON."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def _value_of(node: ExpandedWorker, steps: list[str]) -> Any:
    scope: Any = node.spec.variables.flatten()
    for at, step in enumerate(steps):
        known = scope if isinstance(scope, Mapping) else {}
        if step not in known:
            raise UnknownVariableError(
                f"{node.path} has no variable '{'.'.join(steps[: at + 1])}'",
                fix=_in_another_tier(step, known) or suggest(step, map(str, known)),
            )
        scope = known[step]
    return scope


def _in_another_tier(name: str, known: Mapping[Any, Any]) -> str:
    """A hint for who names a variable without its tier: HOOK_TOKEN, not global.HOOK_TOKEN."""
    for tier, variables in known.items():
        if isinstance(variables, Mapping) and name in variables:
            return f"Did you mean '{tier}.{name}'?"
    return ""


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
            yield f"a secret: the file {file}, which does not exist; its default counts"
            continue
        every = plant.settings.secrets_interval
        yield f"a secret: the file {file}, written {written}; looked at every {every:g} s"


def _story(
    root: Node, nodes: Mapping[str, ExpandedWorker], node: ExpandedWorker, steps: list[str]
) -> Iterator[str]:
    first = steps[0]
    if first == "internal":
        yield "tier internal: the engine gives it to this worker, it cannot be declared"
        if steps[1:] in ([], ["created_at"]):
            yield "created_at is known only where it runs; nothing runs here"
    elif first == "global":
        found = root.get("global", *steps[1:]) or root.get("global")
        yield f"tier global, the same for all workers: {_place(found)}"
    elif first == "location":
        yield "tier user, set by the engine: merged from the locations of all levels, parents first"
        yield from _levels(root, node, steps[1:])
    elif first == "location_path":
        yield "tier user, set by the engine from the location; it cannot be declared"
        yield from _levels(root, node, [])
    elif first in ENGINE_KEYS:
        yield "tier user, set by the engine at every derive; it cannot be declared"
        yield "it changes while the tree runs; this is its value before anything is started"
    else:
        winner, *hidden = list(_declarations(root, nodes, node, steps))
        yield f"tier user: declared by {winner.by}, {winner.place}"
        for other in hidden:
            yield f"hides {value_text(other.value)}, declared by {other.by}, {other.place}"


def _declarations(
    root: Node, nodes: Mapping[str, ExpandedWorker], node: ExpandedWorker, steps: list[str]
) -> Iterator[VariableDeclaration]:
    """Who declares the variable on the way from the worker up to the root; the first one counts."""
    at = node.path
    while at:
        above = at.rpartition("/")[0]
        declared = nodes[at].declared.variables.user
        if steps[0] in declared:
            owner = section_of(root, at)
            written = owner.get("variables", *steps) if owner is not None else None
            if written is None and owner is not None:
                written = owner.get("variables", steps[0])
            by = f"{nodes[at].type} {at}" if at == node.path else f"its {nodes[at].type} {at}"
            place = _place(written) if written is not None else f"in the derive of {above}"
            yield VariableDeclaration(by, place, declared[steps[0]])
        at = above


def _levels(root: Node, node: ExpandedWorker, wanted: list[str]) -> Iterator[str]:
    """Where each level of the location was written, and which mentions of it do not count."""
    seen = node.spec.variables.user.get("location", {})
    only = _level(wanted[0]) if wanted else ""
    counted: set[str] = set()
    parts = node.path.split("/")
    for count in range(1, len(parts) + 1):
        section = section_of(root, "/".join(parts[:count]))
        written = section.get("location") if section is not None else None
        for part in written.scalars() if written is not None else ():
            level = _level(re.split(r"[.\[\]]+", part.path.rstrip("]"))[-1])
            if only in ("", level):
                # What the worker sees decides, so that the rule of the merge stands in one place.
                counts = level not in counted and seen.get(level) == str(part.value).strip()
                counted.update([level] if counts else ())
                hidden = "" if counts else "hides "
                yield f"{hidden}{level}: {value_text(part.value)}, {_place(part)}"


def _level(key: str) -> str:
    """The canonical name of a level, whichever of its names or its number is given."""
    return next(iter(normalise_location({key: "any"})))


def _place(node: Node | None) -> str:
    if node is None or node.mark is None:
        return "not written in the document"
    return f"{node.mark.file}:{node.mark.line}:{node.mark.column}"
