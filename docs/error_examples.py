"""A document with the mistake that each code is about; the messages on the page are its own.

Codes about files and folders have files instead. A test sees that each is reported with its code.
"""

from __future__ import annotations

import msgspec

from fsmv2.document.source import LARGEST


class Example(msgspec.Struct, frozen=True):
    """Files with a mistake: `document` is read, `shown` is put on the page in its place."""

    files: dict[str, str | bytes]
    document: str = "plant.yaml"
    shown: str = ""


AGENT = "agent: {name: edge, location: {enterprise: acme, site: cologne}}\n"
BRIDGE = """\
bridges:
  - name: filler
    location: {area: hall-1, line: one}
    connection: {host: 10.0.0.5, port: 502}
    read:
      input:
        modbus:
          address: 10.0.0.5:502
          registers:
            - REGISTER
"""
WRITE = """\
bridges:
  - name: filler
    location: {area: hall-1, line: one}
    connection: {host: 10.0.0.5, port: 502}
    write:
      output:
        modbus:
          address: 10.0.0.5:502
          registers:
            - REGISTER
"""
DEMO = """\
templates:
  demo:
    read: {input: {generate: {tags: [{name: speed, curve: sine}]}}}
"""


def plant(text: str) -> Example:
    """One document, with this after its agent."""
    return Example({"plant.yaml": AGENT + text})


def register(text: str) -> Example:
    """A bridge that reads one tag."""
    return plant(BRIDGE.replace("REGISTER", text))


def one_bridge(keys: str, tag: str = "curve: sine", template: str = "demo") -> str:
    """A bridge that makes its values, with these keys beside its name and template."""
    entry = f"name: filler, template: {template}" + (f", {keys}" if keys else "")
    return DEMO.replace("curve: sine", tag) + f"bridges:\n  - {{{entry}}}\n"


EXAMPLES: dict[str, Example] = {
    "FSM0101": Example(
        {
            "plant.yaml": AGENT
            + "log: {paths: {\n"
            + "".join(f"  a{n}: x,\n" for n in range(600))
            + "}}\n"
        },
        shown="# a document with 600 mistakes",
    ),
    "FSM0102": Example({"plant.yaml": AGENT}, "plnat.yaml", "# fsmv2 validate plnat.yaml"),
    "FSM0103": Example({"plant.yaml": b"#" * (LARGEST + 1)}, shown="# a file of more than 10 MiB"),
    "FSM0104": Example(
        {"plant.yaml": "agent: {name: München}\n".encode("latin-1")},
        shown="agent: {name: München}   # saved as ISO 8859-1",
    ),
    "FSM0105": plant("bridges\n"),
    "FSM0106": Example(
        {
            "plant.yaml": "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
            + "".join(
                f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
                for before, after in zip("abcdefg", "bcdefgh", strict=True)
            )
        }
    ),
    "FSM0107": Example({"plant.yaml": "- agent\n- bridges\n"}),
    "FSM0108": plant("global: {first: &plc 502, second: *pcl}\n"),
    "FSM0109": plant("global:\n  <<: 5\n"),
    "FSM0110": Example({"plant.yaml": "agent:\n  name: edge\n  name: other\n"}),
    "FSM0111": plant("global: {port: !!int 502}\n"),
    "FSM0112": plant("global: {code: 012}\n"),
    "FSM0113": plant("global: {most: 1e999}\n"),
    "FSM0114": Example({"plant.yaml": "# nothing yet\n"}),
    "FSM0115": Example({"plant.yaml": "agent: {name: edge}\n---\nagent: {name: other}\n"}),
    "FSM0116": Example({"plant.yaml": "agent:\n\tname: edge\n"}),
    "FSM0117": Example({"plant.yaml": "agent: {name: edge\n"}),
    "FSM0118": plant("templates:\n  plc:\n    connection:\n      host: {{ .IP }}\n"),
    "FSM0119": Example({"plant.yaml": "agent:\n  name: “edge”\n"}),
    "FSM0120": plant("brigdes: []\n"),
    "FSM0121": plant("bridges:\n  - name: filler\n    connection: {port: 502}\n"),
    "FSM0122": plant("broker: {port: many}\n"),
    "FSM0123": plant("broker: {port: 150200}\n"),
    "FSM0124": plant("engine: {resync: 60}\n"),
    "FSM0125": register("{name: speed, address: 0, type: integer}"),
    "FSM0126": register("{name: speed, address: 65535, type: int32}"),
    "FSM0127": Example({"plant.yaml": 'agent: {name: ""}\n'}),
    "FSM0128": plant("groups:\n  - {strategy: one_for_all, members: [app]}\n"),
    "FSM0129": Example(
        {"plant.yaml": "services:\n  web:\n    image: nginx\n    depends_on: [db]\n"}
    ),
    "FSM0130": plant(one_bridge("location: {area: one}", template="dmeo")),
    "FSM0131": plant(
        DEMO
        + "bridges:\n  - {name: filler, template: demo, location: {area: one}}\n"
        + "  - {name: filler, template: demo, location: {area: two}}\n"
    ),
    "FSM0132": plant("bridges:\n  - {name: filler, location: {area: one}}\n"),
    "FSM0133": plant(one_bridge("location: {site: berlin, area: one}")),
    "FSM0134": Example({"plant.yaml": "agent: {name: edge}\n" + one_bridge("")}),
    "FSM0135": plant("engine:\n  types:\n    conection: {interval: 2s}\n"),
    "FSM0136": plant("global:\n  PASSWORD: {env: PLC_PASSWORT}\n"),
    "FSM0137": Example(
        {
            "plant.yaml": AGENT + "global:\n  PASSWORD: {file: secrets/plc}\n",
            "secrets/plc": "secret\n",
        }
    ),
    "FSM0138": plant(
        WRITE.replace("REGISTER", "{name: speed, address: 0}")
        + WRITE.replace("REGISTER", "{name: goal, address: 0}")
        .replace("bridges:\n", "")
        .replace("filler", "capper")
        .replace("10.0.0.5", "10.0.0.6")
    ),
    "FSM0139": Example(
        {"plant.d/a.yaml": AGENT, "plant.d/b.yaml": "agent: {name: other}\n"},
        "plant.d",
        "# plant.d/a.yaml\n" + AGENT + "# plant.d/b.yaml\nagent: {name: other}",
    ),
    "FSM0140": plant("global: {rate: 1s}\n"),
    "FSM0141": plant(
        "processes:\n  app: {command: [python, app.py], requires: [bd]}\n"
        "  db: {command: [postgres]}\n"
    ),
    "FSM0142": plant(
        DEMO
        + "bridges:\n  - {name: filler, template: demo, location: {area: one}}\n"
        + "  - {name: capper, template: demo, location: {area: one}}\n"
    ),
    "FSM0143": plant(
        BRIDGE.replace(
            "REGISTER",
            "{name: speed, address: 0, type: float32}\n            - {name: level, address: 1}",
        )
    ),
    "FSM0150": plant(
        "bridges:\n  - name: filler\n    connection: {host: 192.168.001.010, port: 502}\n"
    ),
    "FSM0151": register("{name: valve, address: 7, type: bool}"),
    "FSM0152": plant(
        WRITE.replace("REGISTER", "{name: speed, address: 3, type: uint16, max: 70000}")
    ),
    "FSM0153": register("{name: temperature, address: 40001}"),
    "FSM0154": plant(one_bridge("location: {cell: filler}")),
    "FSM0155": plant(one_bridge("")),
    "FSM0156": plant(
        one_bridge(
            'location: {area: one}, variables: {UNIT: "{{ .X }}"}',
            'curve: sine, unit: "{{ .UNIT }}"',
        )
    ),
    "FSM0157": plant(
        BRIDGE.replace("10.0.0.5:502\n", "10.0.0.5:502\n          request_gap: 20ms\n").replace(
            "REGISTER", "{name: speed, address: 0}"
        )
        + WRITE[WRITE.index("    write:") :]
        .replace("10.0.0.5:502\n", "10.0.0.5:502\n          request_gap: 50ms\n")
        .replace("REGISTER", "{name: goal, address: 1}")
    ),
    "FSM0158": plant(
        "global: {TOKEN: {env: TOKEN, default: none}}\n"
        "notify:\n  targets:\n    chat:\n      webhook:\n        url: http://hooks.example/x\n"
        '        headers: {Authorization: "{{ .global.TOKEN }}"}\n'
    ),
    "FSM0159": register("{name: speed, address: 0, length: 2}"),
    "FSM0200": plant(one_bridge("location: {area: one}, variables: {global: 1}")),
    "FSM0210": plant(one_bridge("location: {area: one}", 'curve: sine, unit: "{{ .UNIT"')),
    "FSM0211": plant(
        one_bridge(
            "location: {area: one}, variables: {UNIT: m/s}", 'curve: sine, unit: "{{ .UNTI }}"'
        )
    ),
    "FSM0300": plant(one_bridge("location: {hall: one}")),
}
