"""The catalogue of problems of a document: code → what it means, and how it looks right.

Printed by `fsmv2 explain CODE`.
"""

from __future__ import annotations

CATALOGUE: dict[str, tuple[str, str]] = {
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
    "FSM0130": (
        "Unknown template",
        (
            "`template:` of a bridge names an entry of the section `templates:`.\n\n"
            "wrong:  templates: {modbus-plc: …}   bridges: [{name: filler, template: modbus}]\n"
            "right:  templates: {modbus-plc: …}   bridges: [{name: filler, template: modbus-plc}]"
        ),
    ),
    "FSM0131": (
        "Two bridges have one name",
        (
            "The name is a bridge's identity in paths, logs and records; each has one of its "
            "own.\n\nwrong:  bridges: [{name: filler}, {name: filler}]\n"
            "right:  bridges: [{name: filler-1}, {name: filler-2}]"
        ),
    ),
    "FSM0132": (
        "A bridge has neither template nor connection",
        (
            "A bridge declares itself what it reads, or takes that from a template.\n\n"
            "wrong:  - {name: filler, variables: {IP: 10.0.0.5}}\n"
            "right:  - {name: filler, template: modbus-plc, variables: {IP: 10.0.0.5}}"
        ),
    ),
    "FSM0133": (
        "The agent already sets a level of the location",
        (
            "A level that the section `agent:` sets takes precedence; the bridge's own value is "
            "not used. A warning: the document runs.\n\n"
            "wrong:  agent: {location: {site: cologne}}   a bridge: {location: {site: berlin}}\n"
            "right:  agent: {location: {site: cologne}}   a bridge: {location: {line: one}}"
        ),
    ),
    "FSM0136": (
        "A secret is missing",
        (
            "`{env: NAME}` reads an environment variable, `{file: path}` a file, relative to the "
            "document. It must be set when fsmv2 starts; `default:` is what counts otherwise. A "
            "secret is text, and is used as it is.\n\n"
            "wrong:  PASSWORD: {env: PLC_PASSWORT}\nright:  PASSWORD: {env: PLC_PASSWORD}"
        ),
    ),
    "FSM0137": (
        "A secret file can be read by every user",
        "Any program on this machine may read it.\n\nchmod o-r secrets/plc",
    ),
    "FSM0135": (
        "The engine's settings name what does not exist",
        (
            "`engine.types` names worker types, and `actions` below one its actions; the reference "
            "of the built-in workers lists both.\n\n"
            "wrong:  engine: {types: {conection: {interval: 2s}}}\n"
            "right:  engine: {types: {connection: {interval: 2s}}}"
        ),
    ),
    "FSM0141": (
        "The order of children, or a group of them, is contradictory",
        (
            "`after`, `requires` and `groups:` name processes, bridges or the broker of the same "
            "document, each in one group at most. An order must not go round in a circle, or none "
            "of them could start first; the members of a `rest_for_one` start one after the other."
            "\n\nwrong:  processes: {app: {requires: [bd]}, db: {after: [app]}}\n"
            "right:  processes: {app: {requires: [db]}, db: {}}"
        ),
    ),
    "FSM0140": (
        "Nothing reads it",
        (
            "A variable, a template or a global variable that no bridge uses. Often it is "
            "misspelt. It does no harm.\n\n"
            "wrong:  variables: {HOTS: 10.0.0.1}, and the template has {{ .HOST }}\n"
            "right:  variables: {HOST: 10.0.0.1}"
        ),
    ),
    "FSM0139": (
        "A folder of documents cannot be put together",
        (
            "Its `*.yaml` files are read as one document. Sections of names are united and lists "
            "follow each other; what two files both set is refused. Files that begin with a dot or "
            "an underscore are left out, and links must stay in the folder.\n\n"
            "wrong:  agent: in a.yaml and in b.yaml, both with a name\n"
            "right:  agent.yaml, templates.yaml, and a file with `bridges:` for each machine"
        ),
    ),
    "FSM0138": (
        "Two bridges would receive the same commands",
        (
            "A bridge receives the commands below its location. Two bridges with a `write:` "
            "section need locations of their own, or one of them a subject of its own.\n\n"
            "wrong:  two bridges at {line: one}, both with `write:`\n"
            "right:  write: {input: {commands: {subject: cmd.v1.acme.second}}}"
        ),
    ),
    "FSM0142": (
        "Two bridges publish to one topic",
        (
            "The topic of a tag is made of the location of its bridge, the contract and the name "
            "of the tag. Two bridges at one location with tags of one name are mixed in it, and "
            "their values cannot be distinguished.\n\n"
            "wrong:  two bridges at {line: one}, both with a tag `speed`\n"
            "right:  location: {line: one, cell: filler} and location: {line: one, cell: capper}"
        ),
    ),
    "FSM0150": (
        "Not an address",
        (
            "An address is four decimal numbers, an IPv6 address (in brackets, if a port follows), "
            "or the name of a host, and means one machine. Operating systems take more, and mean "
            "another one by it: 010 is octal, 127.1 and 2130706433 are 127.0.0.1. A broker's is a "
            "URL with nats:// or tls://; elsewhere no scheme, path or user belongs to it.\n\n"
            "wrong:  host: 192.168.001.010      address: tcp://10.0.0.5:502      host: ${IP}\n"
            "right:  host: 192.168.1.10         address: 10.0.0.5:502            "
            'host: "{{ .IP }}"'
        ),
    ),
    "FSM0151": (
        "A bool of a whole register",
        (
            "A holding or input register has 16 bits. Read as a bool it is true when any of them "
            "is set, and no single bit of it can be chosen.\n\n"
            "wrong:  {name: valve, address: 7, kind: holding, type: bool}\n"
            "right:  {name: valve, address: 7, kind: coil, type: bool}\n"
            "        {name: status, address: 7, kind: holding, type: uint16}"
        ),
    ),
    "FSM0152": (
        "A limit that the register cannot reach",
        (
            "`min` and `max` keep values from a machine. One beyond what the type can hold, with "
            "scale and offset, keeps nothing from it; the limit or the type is a mistake.\n\n"
            "wrong:  {name: speed, address: 3, type: uint16, max: 70000}\n"
            "right:  {name: speed, address: 3, type: uint16, max: 1500}"
        ),
    ),
    "FSM0153": (
        "An address in Modicon's notation",
        (
            "Manuals often write 40001 for the first holding register, 30001 for the first input "
            "register and 10001 for the first discrete input. Addresses here are those of the "
            "protocol: `kind` says which table, and the first is 0. A warning, since some devices "
            "have as many registers as that.\n\n"
            "wrong:  {name: temperature, address: 40001}\n"
            "right:  {name: temperature, address: 0}"
        ),
    ),
    "FSM0154": (
        "A gap in a location",
        (
            "Topics have one part for each level from the enterprise on. A level that is left out "
            "between two others becomes `unknown`, and all topics change when it is named later."
            "\n\nwrong:  agent: {location: {enterprise: acme, site: cologne}}   a bridge: "
            "{location: {cell: filler}}\n"
            "right:  a bridge: {location: {area: hall-1, line: one, cell: filler}}"
        ),
    ),
    "FSM0155": (
        "A bridge with no location of its own",
        (
            "Its tags are published at the location of the agent, as if the whole site were one "
            "machine; those of a second bridge are mixed with them.\n\n"
            "wrong:  - {name: filler, template: plc}\n"
            "right:  - {name: filler, template: plc, location: {area: hall-1}}"
        ),
    ),
    "FSM0156": (
        "A variable with a template in its value",
        (
            "Values are never rendered: what is in a variable is used as it is, braces and all. "
            "So the device, or whoever reads it, gets the braces.\n\n"
            'wrong:  variables: {IP: 10.0.0.5, URL: "{{ .IP }}:502"}\n'
            'right:  variables: {IP: 10.0.0.5}   and in the template: address: "{{ .IP }}:502"'
        ),
    ),
    "FSM0157": (
        "Two pauses for one device",
        (
            "`request_gap` leaves a device alone between requests. Its flows share one connection, "
            "so it has one pause, whoever asks: the longest that any of them is given. The others "
            "are then read less often than their own would allow.\n\n"
            "wrong:  read: {input: {modbus: {address: 10.0.0.5:502, request_gap: 20ms}}}   "
            "write: {output: {modbus: {address: 10.0.0.5:502, request_gap: 50ms}}}\n"
            "right:  the same `request_gap` in both"
        ),
    ),
    "FSM0158": (
        "Headers of a webhook are sent unencrypted",
        (
            "Anyone who listens on the way to the server can read them, and most headers "
            "show a password. On this machine itself it does not matter.\n\n"
            'wrong:  webhook: {url: "http://hooks.example/x", headers: {Authorization: …}}\n'
            'right:  webhook: {url: "https://hooks.example/x", headers: {Authorization: …}}'
        ),
    ),
    "FSM0134": (
        "The location is empty, or has no enterprise",
        (
            "What publishes into the namespace needs at least the first level, the enterprise."
            "\n\nwrong:  agent: {name: edge}\n"
            "right:  agent: {name: edge, location: {enterprise: acme}}"
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
"""Codes of documents; those of other errors are explained by their classes in `fsmv2.errors`."""


def explain(code: str) -> str | None:
    """The page of a code, as text; None when it is none of a document's."""
    found = CATALOGUE.get(code.upper())
    return f"{code.upper()}: {found[0]}\n\n{found[1]}\n" if found else None
