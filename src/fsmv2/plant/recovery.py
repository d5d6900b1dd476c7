"""What of a wrong document can be looked at further, so that one mistake hides no other.

Whatever has a problem is replaced or left out, as little as can be, and with it what would be wrong
only for that: a bridge, say, whose template is left out. Called by `plant` for a document it
refuses.
"""

from __future__ import annotations

from collections.abc import Iterable

from fsmv2 import Diagnostic
from fsmv2.document import Document, Node, around, decode
from fsmv2.plant.placeholders import stand_in
from fsmv2.plant.processes import process_nodes
from fsmv2.plant.sections import PlantSection

ROUNDS = 12
"""What is left out makes what is around it wrong, which has not more levels than these."""

MISSING, NO_CONNECTION, TAKEN = "FSM0121", "FSM0132", "FSM0131"
"""Problems for which nothing is left out: what is not there is put in, and a name serves though it
is another one's, too."""


def sound_part(
    document: Document, problems: Iterable[Diagnostic]
) -> tuple[Node, PlantSection] | None:
    """The document without what has a problem, and that decoded; None if nothing is left."""
    problems = list(problems)
    incomplete = {p.path for p in problems if p.code in (MISSING, NO_CONNECTION)}
    found = [p for p in problems if p.code not in (MISSING, NO_CONNECTION, TAKEN)]
    wrong: set[str] = set()
    for _ in range(ROUNDS):
        for problem in found:
            # What is around it, if to do without it was not enough.
            way = [node.path for node in reversed(document.steps_to(problem.path))]
            wrong.update([path for path in way if path not in wrong][:1])
        part = _judged(stand_in(document.root, wrong, incomplete), wrong)
        section, found = decode(part, PlantSection)
        if section is not None:
            return part, section
    return None


def _judged(part: Node, wrong: Iterable[str]) -> Node:
    """Without the bridges and processes that would be wrong only for what was left out."""
    touched = {path for one in wrong for path in around(one)}
    templates = part.get("templates")
    known = templates.value if templates is not None else {}

    def judged(entry: Node) -> bool:
        template = entry.get("template")
        return not {"global", f"{entry.path}.variables", f"{entry.path}.template"} & touched and (
            template is None or template.value is None or str(template.value) in known
        )

    found = dict(part.value)
    for key in ("bridges", *PlantSection.ALIASES):
        if (bridges := found.get(key)) is not None and bridges.kind == "sequence":
            found[key] = bridges.of([entry for entry in bridges.value if judged(entry)])
    if entries := process_nodes(part):
        of = found["processes"].of
        found["processes"] = of({key: entry for key, entry in entries.items() if judged(entry)})
    return part.of(found)
