"""The part of the catalogue that is about bridges, templates, locations, secrets and machines."""

from __future__ import annotations

OF_A_PLANT: dict[str, tuple[str, str]] = {
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
    "FSM0134": (
        "The location is empty, or has no enterprise",
        (
            "What publishes into the namespace needs at least the first level, the enterprise."
            "\n\nwrong:  agent: {name: edge}\n"
            "right:  agent: {name: edge, location: {enterprise: acme}}"
        ),
    ),
    "FSM0135": (
        "The engine's settings name what does not exist",
        (
            "`engine.types` names built-in worker types, and `actions` below one its actions; the "
            "reference of the built-in workers lists both. A type of your own has these settings "
            "in its class, as `interval` or `@action(timeout=120)`.\n\n"
            "wrong:  engine: {types: {conection: {interval: 2s}}}\n"
            "right:  engine: {types: {connection: {interval: 2s}}}"
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
    "FSM0138": (
        "Two bridges would receive the same commands",
        (
            "A bridge receives the commands below its location. Two bridges with a `write:` "
            "section need locations of their own, or one of them a subject of its own.\n\n"
            "wrong:  two bridges at {line: one}, both with `write:`\n"
            "right:  write: {input: {commands: {subject: cmd.v1.acme.second}}}"
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
    "FSM0140": (
        "Nothing reads it",
        (
            "A variable, a template or a global variable that no bridge uses. Often it is "
            "misspelt. It does no harm.\n\n"
            "wrong:  variables: {HOTS: 10.0.0.1}, and the template has {{ .HOST }}\n"
            "right:  variables: {HOST: 10.0.0.1}"
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
    "FSM0143": (
        "Two tags overlap",
        (
            "A tag begins within the registers of another one, of a float or a string, whose parts "
            "mean nothing alone. A warning: the document runs.\n\n"
            "wrong:  - {name: speed, address: 0, type: float32}\n"
            "        - {name: level, address: 1}\n"
            "right:  - {name: speed, address: 0, type: float32}\n"
            "        - {name: level, address: 2}"
        ),
    ),
    "FSM0159": (
        "A setting of a tag has no effect",
        (
            "`length` is for strings alone; with `scale: 0` each value is the same. A warning: the "
            "document runs.\n\n"
            "wrong:  {name: speed, address: 0, length: 2}\n"
            "right:  {name: speed, address: 0, type: int32}"
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
}
