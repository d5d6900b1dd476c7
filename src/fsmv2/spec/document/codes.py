"""The catalogue of problems of a document: code → what it means, and how it looks right.

Printed by `fsmv2 explain CODE`.
"""

from __future__ import annotations

CATALOGUE: dict[str, tuple[str, str]] = {
    "FSM0101": ("The document cannot be used", "Every problem found is listed; mend them all."),
    "FSM0102": (
        "The file cannot be read",
        "It does not exist, is a folder, or may not be read by this user.",
    ),
    "FSM0103": (
        "The file is too large",
        "A document may have 10 MiB; a thousand bridges have half.",
    ),
    "FSM0104": (
        "The file is not plain text in UTF-8",
        "Save it as UTF-8 without control characters. A byte order mark is allowed.",
    ),
    "FSM0105": (
        "The file is not one YAML document",
        (
            "Usually an indentation, an open quote, or a tab.\n\n"
            "wrong:  agent: {name: edge\nright:  agent: {name: edge}"
        ),
    ),
    "FSM0106": (
        "The document nests too deeply, or its aliases expand to too much",
        "Documents have about ten levels. Limits keep a hostile file from filling the memory.",
    ),
    "FSM0107": (
        "The document is not keys and values",
        "wrong:  - agent\nright:  agent: {name: edge}",
    ),
    "FSM0108": (
        "An alias leads nowhere, or to itself",
        "An alias *name repeats what an anchor &name marked further up.",
    ),
    "FSM0109": ("A key or merge is not usable", "Keys are text; `<<` takes a mapping."),
    "FSM0110": (
        "A key stands twice",
        "YAML readers silently keep the last one; we refuse, because one of the two is a mistake.",
    ),
    "FSM0111": (
        "A tag is not allowed",
        "Tags such as !!python/object make objects of data. A document is data only.",
    ),
    "FSM0112": (
        "A number can be read in two ways",
        "0123 is 83 for some readers and 123 for others.\n\nwrong:  unit: 012\nright:  unit: 12",
    ),
    "FSM0120": (
        "Unknown key",
        (
            "Nothing reads it; a misspelt setting must not be ignored silently.\n\n"
            "wrong:  brigdes: []\nright:  bridges: []"
        ),
    ),
    "FSM0121": ("A key is missing", "The message names it and what it takes."),
    "FSM0122": (
        "A value is of the wrong type",
        (
            'wrong:  port: "502"\nright:  port: 502\n\nYAML\'s yes, no, on and off are text here: '
            "write true or false."
        ),
    ),
    "FSM0123": ("A value is out of range", "The message names the range."),
    "FSM0124": (
        "Not a duration",
        "Durations bear a unit.\n\nwrong:  every: 1\nright:  every: 1s    (ms, s, m, h, d)",
    ),
    "FSM0125": ("Not one of the allowed values", "The message lists them."),
    "FSM0126": ("Values do not fit together", "Each is fine by itself; the message says why not."),
    "FSM0130": (
        "Unknown template",
        "`template:` of a bridge names an entry of the section `templates:`.",
    ),
    "FSM0131": (
        "Two bridges have one name",
        "The name is a bridge's identity in paths, logs and records; each has one of its own.",
    ),
    "FSM0132": (
        "A bridge has neither template nor connection",
        "right:  - {name: filler, template: modbus-plc, variables: {IP: 10.0.0.5}}",
    ),
    "FSM0133": (
        "The agent owns a level of the location",
        "What the section `agent:` says of a level stands; the bridge's own value is not used.",
    ),
    "FSM0134": (
        "The location is empty",
        "What publishes into the namespace needs at least the first level, the enterprise.",
    ),
}
"""Codes of documents; those of other errors are explained by their classes in `fsmv2.errors`."""


def explain(code: str) -> str | None:
    """The page of a code, as text; None when it is none of a document's."""
    found = CATALOGUE.get(code.upper())
    return f"{code.upper()}: {found[0]}\n\n{found[1]}\n" if found else None
