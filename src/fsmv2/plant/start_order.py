"""`after`, `requires` and `groups:` of a document: whom they name, and circles, at their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fsmv2 import ChildSpec, Diagnostic, FsmError, Group, UserSpec
from fsmv2.builtin.agent import BROKER
from fsmv2.model import STRATEGIES, check_child_name, check_order
from fsmv2.model.decoder import Node
from fsmv2.name_suggestions import suggest
from fsmv2.plant.processes import process_nodes

CODE = "FSM0141"


def check_siblings(root: Node, bridges: Iterable[str], problems: list[Diagnostic]) -> None:
    """Note what cannot be meant; what has the wrong shape is somebody else's to tell."""
    processes = process_nodes(root)
    known = [*processes, *bridges]
    if root.get("broker") is not None or root.get("bridges") is not None:
        known.append(BROKER)
    before = len(problems)
    edges: dict[str, tuple[str, ...]] = {}
    for name, node in processes.items():
        others = [n for n in known if n != name]
        for field in ("after", "requires"):
            names = _names(node.get(field), others, problems, own=name)
            edges[name] = edges.get(name, ()) + tuple(names)
    groups = tuple(_groups(root, known, problems))
    if len(problems) > before or not all(map(_is_name, known)):
        return  # a name that cannot be one is told where names are looked at
    specs = [ChildSpec(name, "any", UserSpec(), after=edges.get(name, ())) for name in known]
    try:
        check_order(specs, groups)
    except FsmError as error:
        place = root.get("processes") or root.get("groups") or root
        problems.append(place.problem(CODE, error.message, fix=error.fix))


def _is_name(name: str) -> bool:
    try:
        check_child_name(name)
    except FsmError:
        return False
    return True


def _names(
    node: Node | None, known: list[str], problems: list[Diagnostic], *, own: str = ""
) -> Iterator[str]:
    """The texts of a list, each of which must be a sibling."""
    if node is None or node.kind != "sequence":
        return
    for item in node.value:
        if not isinstance(item.value, str):
            continue
        if own and item.value == own:
            message = f"'{own}' cannot wait for itself."
            problems.append(item.problem(CODE, message, fix="Remove it."))
        elif item.value not in known:
            problems.append(
                item.problem(
                    CODE,
                    f"there is no process or bridge '{item.value}'.",
                    fix=suggest(item.value, known),
                )
            )
        yield item.value


def _groups(root: Node, known: list[str], problems: list[Diagnostic]) -> Iterator[Group]:
    section = root.get("groups")
    seen: set[str] = set()
    for node in section.value if section is not None and section.kind == "sequence" else ():
        strategy, members = node.get("strategy"), node.get("members")
        names = list(_names(members, known, problems))
        for item in members.value if members is not None and names else ():
            if not isinstance(item.value, str):
                continue  # said where it is decoded
            if item.value in seen:
                message = f"'{item.value}' is in a group already."
                problems.append(item.problem(CODE, message, fix="Remove it from one of the two."))
            seen.add(item.value)
        wanted = strategy.value if strategy is not None else None
        if wanted in STRATEGIES and len(set(names)) > 1:
            yield Group(wanted, tuple(dict.fromkeys(names)))
