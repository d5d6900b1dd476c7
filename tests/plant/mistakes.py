"""Mistakes that people make in a document: each is one change of one that is right.

They are what manuals, other programs, copied text and slips of the finger make of it.
"""

from __future__ import annotations

PLANT = """\
agent:
  name: edge
  location: {enterprise: acme, site: cologne}
global:
  rate: 1s
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          unit: 1
          every: "{{ .global.rate }}"
          registers:
            - {name: temperature, address: 0, type: int16, scale: 0.1}
            - {name: speed, address: 1}
    write:
      output:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          registers:
            - {name: setpoint, address: 5, min: 0, max: 80}
bridges:
  - name: filler
    template: plc
    location: {area: hall, line: one}
    variables: {IP: 10.0.0.5, PORT: 502}
  - name: capper
    template: plc
    location: {area: hall, line: two}
    variables: {IP: 10.0.0.6, PORT: 502}
processes:
  app:
    command: [python, app.py]
    ready: {port: 8080}
"""

ONE_IS_ENOUGH = [
    ("templates:", "tempaltes:"),
    ("templates:", "blueprints:"),
    ("agent:", "agnet:"),
    ("bridges:", "Bridges:"),
    ("bridges:", "devices:"),
    ("processes:", "services:"),
    ("global:", "variables:"),
    (".global.rate", ".global.raet"),
    (".global.rate", ".rate"),
    ('host: "{{ .IP }}"', 'host: "{{ .Ip }}"'),
    ('host: "{{ .IP }}"', 'host: "{{ .Values.IP }}"'),
    ("rate: 1s", "rate: 1"),
    ("rate: 1s", "rate: 1 second"),
    ("rate: 1s", "rate: 00:01:30"),
    ("rate: 1s", "rate: PT1M30S"),
    ("rate: 1s", "rate: 0,5s"),
    ("rate: 1s", "rate: 20Hz"),
    ("rate: 1s", "rate: 1w"),
    ("rate: 1s", "rate: 20000us"),
    ("rate: 1s", "rate: \u201c1s\u201d"),
    ("IP: 10.0.0.6", "IP: 10.0.0.006"),
    ("IP: 10.0.0.6", "IP: tcp://10.0.0.6"),
    ("IP: 10.0.0.6", "IP: 10.0.0.6\u00a0"),
    ("IP: 10.0.0.6", "IP: 10,0,0,6"),
    ("type: int16", "type: INT16"),
    ("type: int16", "type: word"),
    ("type: int16", "type: real"),
    ("type: int16", "type: u16"),
    ("type: int16", "type: dint"),
    ("type: int16", "type: int16\u00a0"),
    ("type: int16", "type: int16\u200b"),
    ("type: int16", "type: int1\u2076"),
    ("type: int16", "kind: holding_register"),
    ("type: int16", "kind: 3"),
    ("type: int16", "kind: 4"),
    ("type: int16", "type: int32, word_order: le"),
    ("type: int16", "type: int32, word_order: big-endian"),
    ("type: int16", "datatype: int16"),
    ("type: int16", "type: string, length: 4"),
    ("scale: 0.1", "scale: 0,1"),
    ("scale: 0.1", "offset: -1,5"),
    ("scale: 0.1", "factor: 0.1"),
    ("scale: 0.1", "offset: \u22125"),
    ("scale: 0.1", "word-order: big"),
    ("scale: 0.1", "wordOrder: big"),
    ("unit: 1", "slave_id: 1"),
    ("unit: 1", "unit: 01"),
    ("unit: 1", "unit: !!int '1'"),
    ("unit: 1", "unit: \uff11"),
    ("unit: 1", "unit 1"),
    ("unit: 1", "unit: 1,"),
    ("scale: 0.1", "scale: 10%"),
    ("scale: 0.1", "scale: 1/10"),
    ('port: "{{ .PORT }}"', "port: 502/tcp"),
    ("IP: 10.0.0.6", "IP: 10.0.0.6:502"),
    ("global:\n", "global\n"),
    ("  plc:\n", "  plc\n"),
    ("command: [python, app.py]", "command: \u201cpython app.py\u201d"),
    ("unit: 1", "unit:1"),
    ("unit: 1", "unit = 1"),
    ("unit: 1", "unit:\u00a01"),
    ('every: "{{ .global.rate }}"', "interval: 1s"),
    ('every: "{{ .global.rate }}"', "every: 1ms"),
    ("registers:\n            - {name: t", "tags:\n            - {name: t"),
    ("registers:\n            - {name: t", "Registers:\n            - {name: t"),
    ("name: speed", "name: temperature"),
    ("name: speed", "name: motor speed"),
    ("name: speed", "name: motor/speed"),
    ("name: speed", "n\u0430me: speed"),
    ("name: speed", "name: speed, virtual_path: a/b"),
    ("name: speed, address: 1", "name: speed, register: 1"),
    ("name: speed, address: 1", "name: speed, address: 65535, type: int32"),
    ("name: speed, address: 1", "name: speed address: 1"),
    ("name: speed, address: 1", "name: speed; address: 1"),
    ("name: speed, address: 1", "name: speed\uff0c address: 1"),
    ("{name: speed, address: 1}", "{name: speed, address: 1"),
    ("min: 0, max: 80", "min: 80, max: 0"),
    ("min: 0, max: 80", "minimum: 0"),
    ("name: edge", "name: \u201cedge\u201d"),
    ("name: edge", "\u201cname\u201d: edge"),
    ("name: edge", 'name: "edge'),
    ("name: edge", "name: @edge"),
    ("name: edge", "name: #edge"),
    ("name: edge", "name:\u00a0edge"),
    ("  - name: capper", "  \u2013 name: capper"),
    ("  - name: capper", "  \u2022 name: capper"),
    ("  - name: capper", "   - name: capper"),
    ("  - name: capper", "  * name: capper"),
    ("    template: plc\n    location: {area: hall, line: two}", "     template: plc"),
    ("    template: plc\n    location: {area: hall, line: two}", "    template: pcl"),
    ("template: plc\n    location: {area: hall, line: two}", "template: plc\n    enabled: yes"),
    ("template: plc\n    location: {area: hall, line: two}", "template: plc\n    state: running"),
    ("template: plc\n    location: {area: hall, line: two}", "template: plc\n    state: off"),
    ("location: {area: hall, line: two}", "location: {area:hall, line:two}"),
    ("location: {area: hall, line: two}", "location: {hall: a, line: two}"),
    ("location: {area: hall, line: two}", "location: {area: hall a, line: two}"),
    ("location: {area: hall, line: two}", "location: {area: hall, line: 2}"),
    ("variables: {IP: 10.0.0.6, PORT: 502}", 'variables: ["IP=10.0.0.6", "PORT=502"]'),
    ("variables: {IP: 10.0.0.6, PORT: 502}", "variables: [{IP: 10.0.0.6}, {PORT: 502}]"),
    ("connection: {host:", "connection: {ip:"),
    ("connection: {host:", "connection: {hostname:"),
    ("command: [python, app.py]", "command: python app.py"),
    ("command: [python, app.py]", "cmd: [python, app.py]"),
    ("command: [python, app.py]", "command: [python, 5]"),
    ("command: [python, app.py]", "command: [python]\n    env: {A: 1}"),
    ("command: [python, app.py]", 'command: [python]\n    env: ["A=1", "B=x"]'),
    ("command: [python, app.py]", "command: [python]\n    after: filler"),
    ("command: [python, app.py]", "command: [python]\n    after: [fillr]"),
    ("command: [python, app.py]", "command: [python]\n    working_dir: /tmp"),
    ("command: [python, app.py]", "command: [python]\n    restart: on-failure"),
    ("command: [python, app.py]", "command: [python]\n    restart: no"),
    ("ready: {port: 8080}", "ready: {tcp: 8080}"),
    ("ready: {port: 8080}", "healthcheck: {port: 8080}"),
]
"""What stands in `PLANT`, and what somebody wrote in its place."""
