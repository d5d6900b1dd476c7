"""What of a wrong document can be looked at further, so that one mistake hides no other.

That is its valid part, without what would be wrong only for what is not in it: a bridge, say, whose
template is left out. Called by `plant` for a document it refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from fsmv2 import Diagnostic
from fsmv2.model.decoder import Node, around, decode, decode_valid_part
from fsmv2.name_suggestions import nearest
from fsmv2.plant.processes import process_nodes
from fsmv2.plant.sections import BrokerSection, PlantSection

MISSING, NO_CONNECTION, TAKEN = "FSM0121", "FSM0132", "FSM0131"
"""Problems that do not make wrong what is at their path: something else is not there, or a name
serves though it is another one's, too."""

BROKER_KEYS = {field.encode_name for field in msgspec.structs.fields(BrokerSection)}


def valid_part(root: Node, problems: Iterable[Diagnostic]) -> tuple[Node, PlantSection] | None:
    """The document without what has a problem, and that decoded; None if nothing is left."""
    kept = (MISSING, NO_CONNECTION, TAKEN)
    wrong = {problem.path for problem in problems if problem.code not in kept}
    found = decode_valid_part(root, PlantSection, wrong).node
    if found is None:
        return None
    part = _judged(_with_url(found, wrong), {path for one in wrong for path in around(one)})
    section, _ = decode(part, PlantSection)
    return (part, section) if section is not None else None


def _judged(part: Node, touched: Collection[str]) -> Node:
    """Without what would be wrong only for what was left out; at `touched` something was."""
    templates = part.get("templates")
    known = templates.value if templates is not None else {}

    def judged(entry: Node) -> bool:
        template = entry.get("template")
        needed = ("global", f"{entry.path}.variables", f"{entry.path}.template")
        return not any(path in touched for path in needed) and (
            template is None or template.value is None or str(template.value) in known
        )

    found = dict(part.value)
    for key in ("bridges", *PlantSection.ALIASES):
        if (bridges := found.get(key)) is not None:
            found[key] = bridges.of([entry for entry in bridges.value if judged(entry)])
    if entries := process_nodes(part):
        of = found["processes"].of
        found["processes"] = of({key: entry for key, entry in entries.items() if judged(entry)})
    notify = found.get("notify")
    if notify is not None and "global" in touched:
        del found["notify"]
    elif notify is not None and (targets := notify.get("targets")) is not None:
        whole = {key: one for key, one in targets.value.items() if one.path not in touched}
        found["notify"] = notify.of({**notify.value, "targets": targets.of(whole)})
    return part.of(found)


def _with_url(part: Node, wrong: Collection[str]) -> Node:
    """With an address of the broker if a wrong one was left out: other keys go with it."""
    broker = part.get("broker")
    if broker is None or "url" in broker.value or not any(map(_is_url, wrong)):
        return part
    url = Node.from_data("nats://broker", "broker.url")
    return part.of({**part.value, "broker": broker.of({**broker.value, "url": url})})


def _is_url(path: str) -> bool:
    """Whether this is the key `url` of the broker, or what seems to be meant as that."""
    section, _, key = path.partition(".")
    return section == "broker" and (
        key == "url" or (key not in BROKER_KEYS and nearest(key, ["url"]) is not None)
    )
