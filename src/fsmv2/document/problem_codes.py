"""The catalogue of problems of a document: code → what it means, and how it looks right.

Printed by `fsmv2 explain CODE`.
"""

from __future__ import annotations

from fsmv2.document.plant_problem_codes import OF_A_PLANT

OF_ANY_DOCUMENT: dict[str, tuple[str, str]] = {
    "FSM0100": (
        "A spec does not fit its type",
        (
            "A value that a program gives, such as the spec of a child, has a field that its type "
            "does not have, or lacks one, or has a wrong one. In a document each of these has a "
            "code of its own.\n\n"
            'wrong:  child("plc", PlcWorker, PlcSpec, {"prot": 502})\n'
            'right:  child("plc", PlcWorker, PlcSpec, {"port": 502})'
        ),
    ),
    "FSM0101": (
        "The document cannot be used",
        (
            "Every problem found is listed, in the order of the file; fix them all. Of more than "
            "500 the rest is counted.\n\nfsmv2 validate plant.yaml"
        ),
    ),
    "FSM0102": (
        "The file cannot be read",
        (
            "It does not exist, or may not be read by this user.\n\n"
            "wrong:  fsmv2 validate plnat.yaml\nright:  fsmv2 validate plant.yaml"
        ),
    ),
    "FSM0103": (
        "The file is too large",
        (
            "A document may have 10 MiB; a thousand bridges take half of one. Usually the wrong "
            "file was named."
        ),
    ),
    "FSM0104": (
        "The file is not text in UTF-8",
        (
            "Save it as UTF-8; editors offer that in 'Save as'. A byte order mark is allowed. "
            "The line and the byte show where the first wrong one is, often an umlaut.\n\n"
            "wrong:  the ü of Köln or München as the one byte fc\n"
            "right:  the two bytes c3 bc, which UTF-8 writes for it"
        ),
    ),
    "FSM0105": (
        "The file is not YAML",
        (
            "Usually an indentation, a colon too many, or text that needs quotes.\n\n"
            "wrong:  note: filler: line 1\nright:  note: 'filler: line 1'"
        ),
    ),
    "FSM0106": (
        "The document nests too deeply, or its aliases expand to too much",
        (
            "Documents have about ten levels. Limits keep a hostile file from filling the "
            "memory.\n\n"
            "wrong:  b: [*a, *a, *a]   c: [*b, *b, *b]   d: [*c, *c, *c]   and so on\n"
            "right:  each thing once, and *aliases of it where it is used"
        ),
    ),
    "FSM0107": (
        "The document is not keys and values",
        "wrong:  - agent\nright:  agent: {name: edge}",
    ),
    "FSM0108": (
        "An alias leads nowhere, or to itself",
        (
            "An alias *name repeats what an anchor &name marked further up.\n\n"
            "wrong:  second: *plc\nright:  first: &plc {port: 502}\n        second: *plc"
        ),
    ),
    "FSM0109": (
        "A key or merge is not usable",
        (
            "A key is a word or a text. `<<` takes over the keys of a mapping or of several; keys "
            "that are written out win, then the earlier mapping.\n\n"
            "wrong:  <<: 5\nright:  <<: *defaults        <<: [*first, *second]"
        ),
    ),
    "FSM0110": (
        "A key is there twice",
        (
            "YAML readers silently keep the last one; we refuse, because one of the two is a "
            "mistake.\n\nwrong:  {port: 502, port: 503}\nright:  {port: 502}"
        ),
    ),
    "FSM0111": (
        "A tag is not allowed",
        (
            "Tags such as !!python/object make objects of data. A document is data only.\n\n"
            "wrong:  port: !!int 502\nright:  port: 502"
        ),
    ),
    "FSM0112": (
        "A number can be read in two ways",
        (
            "0123 is 83 for some readers and 123 for others.\n\n"
            'wrong:  unit: 012\nright:  unit: 12         code: "012"'
        ),
    ),
    "FSM0113": (
        "A number is too long, too large or not finite",
        (
            "Numbers have at most 100 characters, and are what a computer counts with. Infinity "
            "and NaN, `.inf` and `.nan` in YAML, do not exist in JSON, and would become null where "
            "a value is stored.\n\n"
            "wrong:  scale: 1e999\nright:  scale: 1e9"
        ),
    ),
    "FSM0114": (
        "The document is empty",
        "The file has no content, or comments only.\n\nright:  agent: {name: edge}",
    ),
    "FSM0115": (
        "Several documents stand in one file",
        (
            "A line of three dashes begins another document, and only one can be run.\n\n"
            "wrong:  agent: {name: edge}\n        ---\n        agent: {name: other}\n"
            "right:  two files"
        ),
    ),
    "FSM0116": (
        "A line is indented with a tab",
        (
            "YAML counts spaces, and a tab has no fixed width. Set your editor to "
            "insert spaces.\n\nwrong:  agent:\n        <tab>name: edge\n"
            "right:  agent:\n          name: edge"
        ),
    ),
    "FSM0117": (
        "A quote or a bracket is never closed",
        (
            "The caret shows where it opens.\n\n"
            "wrong:  agent: {name: edge\nright:  agent: {name: edge}"
        ),
    ),
    "FSM0118": (
        "A template needs quotes",
        (
            "A value that begins with {{ is two opening brackets for YAML.\n\n"
            'wrong:  host: {{ .IP }}\nright:  host: "{{ .IP }}"'
        ),
    ),
    "FSM0119": (
        "A character is not allowed",
        (
            "Control characters are not text. Typographic quotes and dashes, spaces that do not "
            "break and letters of other alphabets look like characters of YAML, and are none; "
            "invisible ones make two different names look the same. They come along when text is "
            "copied from a web page or a word processor.\n\n"
            "wrong:  name: “edge”\nright:  name: edge\n\n"
            'wrong:  a byte 07 in the file\nright:  note: "\\x07"'
        ),
    ),
    "FSM0120": (
        "Unknown key",
        (
            "Nothing reads it; a misspelt setting must not be ignored silently. The known keys are "
            "listed, the nearest first.\n\nwrong:  brigdes: []\nright:  bridges: []"
        ),
    ),
    "FSM0121": (
        "A key is missing",
        (
            "The message names it, where it belongs, and what it takes.\n\n"
            "wrong:  connection: {port: 502}\nright:  connection: {host: 10.0.0.5, port: 502}"
        ),
    ),
    "FSM0122": (
        "A value is of the wrong type",
        (
            "Text, numbers, and true or false are different types. A number may stand in quotes; "
            "YAML's yes, no, on and off are text here.\n\n"
            "wrong:  port: http      enabled: yes\nright:  port: 80        enabled: true"
        ),
    ),
    "FSM0123": (
        "A value is out of range",
        (
            "The message names the range; where the value comes from a variable, it is shown where "
            "the variable is set.\n\nwrong:  port: 150200\nright:  port: 15020"
        ),
    ),
    "FSM0124": (
        "Not a duration",
        (
            "Durations bear a unit: ms, s, m, h or d; units may follow each other, as in 1h30m.\n\n"
            "wrong:  every: 1\nright:  every: 1s"
        ),
    ),
    "FSM0125": (
        "Not one of the allowed values",
        "The message lists them.\n\nwrong:  type: integer\nright:  type: int16",
    ),
    "FSM0126": (
        "Values do not fit together",
        (
            "Each is fine by itself; the message says why not together.\n\n"
            "wrong:  {low: 5, high: 2}\nright:  {low: 2, high: 5}"
        ),
    ),
    "FSM0127": (
        "A text is too short, too long, or of the wrong form",
        'wrong:  name: ""\nright:  name: filler',
    ),
    "FSM0128": (
        "Too few or too many entries",
        "wrong:  registers: []\nright:  registers: [{name: temperature, address: 0}]",
    ),
    "FSM0129": (
        "The file belongs to another program",
        (
            "A Compose file, a systemd unit, a Home Assistant configuration and others are "
            "recognised by their keys, and reported as one problem. What runs programs here is "
            "`processes:`, what reads devices is `bridges:`.\n\n"
            "wrong:  services: {web: {image: nginx, depends_on: [db]}}\n"
            "right:  agent: {name: edge}\n"
            "        processes:\n"
            "          web: {command: [nginx, -g, daemon off;], requires: [db]}\n"
            "          db: {command: [postgres, -D, data]}"
        ),
    ),
    "FSM0200": (
        "A variable has a name that is taken",
        (
            "`global`, `internal`, `location`, `location_path` and `parent_state` are set by the "
            "engine, so no variable of a document can have one of these names.\n\n"
            "wrong:  variables: {location: hall-1}\nright:  variables: {hall: hall-1}"
        ),
    ),
    "FSM0210": (
        "A template does not parse, or breaks a limit",
        (
            "Text in `{{ }}` is an expression: a variable with a dot in front, filters after `|`. "
            "What a template may do is limited, so that none can hold up the plant.\n\n"
            'wrong:  host: "{{ .IP"\nright:  host: "{{ .IP }}"'
        ),
    ),
    "FSM0211": (
        "A variable is not defined",
        (
            "A template names a variable that neither the bridge or process nor `global:` sets. "
            "The message names the nearest one, and where to add it.\n\n"
            'wrong:  variables: {IP: 10.0.0.5}   and in the template: host: "{{ .Ip }}"\n'
            'right:  variables: {IP: 10.0.0.5}   and in the template: host: "{{ .IP }}"'
        ),
    ),
    "FSM0300": (
        "A location or a name breaks the naming rule",
        (
            "Levels of a location, names of tags and parts of a virtual path become parts of a "
            "topic. None may have a dot, a slash, a wildcard (* > + #), white space or a control "
            "character in it; levels are named, or numbered from 0.\n\n"
            "wrong:  location: {area: hall 1}      - {name: motor speed, address: 1}\n"
            "right:  location: {area: hall-1}      - {name: motor-speed, address: 1}"
        ),
    ),
}

CATALOGUE = {**OF_ANY_DOCUMENT, **OF_A_PLANT}


def explain(code: str) -> str | None:
    """The page of a code, as text; None when it is none of a document's."""
    found = CATALOGUE.get(code.upper())
    return f"{code.upper()}: {found[0]}\n\n{found[1]}\n" if found else None
