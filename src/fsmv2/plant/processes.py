"""The processes of a plant's document: what is wrong with each, at its place, and their specs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2 import Diagnostic, FsmError, TemplateError, render_template
from fsmv2.builtin.agent import ProcessEntry
from fsmv2.builtin.process.spec import config_of, problems_of
from fsmv2.errors import SpecError, UnfitError
from fsmv2.model import (
    check_child_name,
)
from fsmv2.model.decoder import Node
from fsmv2.plant.process_fixes import fix_of
from fsmv2.plant.process_section import ProcessSection, backoff_from, process_spec
from fsmv2.plant.render_checks import foreseen_scope, not_rendered
from fsmv2.plant.shared_problems import SharedProblems
from fsmv2.plant.undefined_variables import MeantVariables
from fsmv2.plant.unused_variables import Unused

SHELL = re.compile(r"[|&;<>$`*]")
COPIED = "FSM0119"
"""Characters that are to be typed again first."""
READS = ("command", "env", "cwd", "files", "ready", "signal")
"""What of a process is rendered."""


def process_nodes(root: Node) -> dict[str, Node]:
    """The entries of `processes:`, by name."""
    node = root.get("processes")
    return dict(node.value) if node is not None and node.kind == "mapping" else {}


def check_processes(root: Node, taken: Iterable[str], problems: list[Diagnostic]) -> None:
    """Names, and commands that are one text, put in place of the general words for these."""
    section, taken = root.get("processes"), set(taken)
    for name, node in process_nodes(root).items():
        if name in taken and section is not None:
            problems.append(
                section.problem(
                    "FSM0131",
                    f"the agent has a child named '{name}' already.",
                    key=name,
                    fix="Give the process another name.",
                )
            )
        try:
            check_child_name(name)
        except FsmError as error:
            problems.append(node.problem(error.code, error.message, fix=error.fix))
        command = node.get("command")
        copied = any(p.code == COPIED and p.path == f"{node.path}.command" for p in problems)
        if command is not None and isinstance(command.value, str) and not copied:
            problems[:] = [p for p in problems if p.path != command.path]
            problems.append(
                command.problem(
                    "FSM0122",
                    "the command is one text, and no shell reads it.",
                    fix=f"Write the list {as_list(command.value)}."
                    if command.value.strip()
                    else "Write the program and its arguments, such as [python, app.py].",
                )
            )


def as_list(command: str) -> str:
    """A line for a shell as the list of its words, with a shell where only one can run it."""
    try:
        words = ["sh", "-c", command] if SHELL.search(command) else shlex.split(command)
    except ValueError:  # a quote that is not closed
        words = command.split()
    return f"[{', '.join(msgspec.json.encode(word).decode() for word in words)}]"


def process_entry(
    name: str,
    section: ProcessSection,
    node: Node,
    *,
    user: Mapping[str, Any],
    global_: Mapping[str, Any],
    location: Mapping[str, str],
    folder: Path,
    state_dir: str,
    root: Node,
    meant: MeantVariables,
    shared: SharedProblems,
    unused: Unused,
    fatal: list[Diagnostic],
) -> ProcessEntry | None:
    """One process; None when it is refused, whatever its variables were."""
    parts = [part.to_data() for key in READS if (part := node.get(key)) is not None]
    unused.bridge(node, None, parts)
    scope = foreseen_scope("process", name, user, global_, location)
    try:
        spec = process_spec(section, user, folder, state_dir)
    except SpecError:
        raw = msgspec.structs.replace(section, variables={})
        fatal += [
            msgspec.structs.replace(problem, message=f"process '{name}': {problem.message}")
            for problem in _placed(node, raw)
            if not any(one.path.startswith(f"{problem.path}[") for one in fatal)
        ]
        for problem in _unrendered(node, f"process '{name}'", scope, root, meant):
            shared.add("process", name, problem)
        return None
    try:
        backoff = backoff_from(section.backoff)
    except SpecError as error:
        fatal.append((node.get("backoff") or node).problem(error.code, error.message))
        return None
    missing = _unrendered(node, f"process '{name}'", scope, root, meant)
    for problem in missing or _placed(node, config_of(spec, scope, path=name)):
        shared.add("process", name, problem)
    return ProcessEntry(
        name=name,
        spec=spec,
        enabled=section.enabled,
        detect_only=section.detect_only,
        restart=section.restart,
        after=tuple(section.after),
        requires=tuple(section.requires),
        backoff=backoff,
    )


def _unrendered(
    node: Node, whose: str, scope: dict[str, Any], root: Node, meant: MeantVariables
) -> list[Diagnostic]:
    """What keeps it waiting: the variables that are missing."""
    found: list[Diagnostic] = []
    for key in READS:
        part = node.get(key)
        for scalar in part.scalars() if part is not None else ():
            if isinstance(scalar.value, str):
                try:
                    render_template(scalar.value, scope, path=scalar.path)
                except TemplateError as error:
                    found.append(not_rendered(scalar, error, node, whose, root, meant))
    return found


def _placed(node: Node, config: Any) -> list[Diagnostic]:
    found = []
    for steps, message in problems_of(config):
        place = node.get(*steps)
        fix = fix_of(steps, config, place)
        found.append((place or node).problem(UnfitError.code, f"{message}.", fix=fix))
    return found
