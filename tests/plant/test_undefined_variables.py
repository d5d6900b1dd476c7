"""A variable that is not set: the fix says where to set it, or which one was meant."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant

PLANT = """\
agent: {name: edge, location: {enterprise: acme}}
global: {rate: 1s, scan: 500ms}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: 502, timeout: "{{ .global.scan }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}"
          every: "{{ .global.rate }}"
          registers: [{name: a, address: 0}]
bridges:
  - {name: filler, template: plc, location: {site: a}, variables: {IP: 10.0.0.5}}
  - {name: capper, template: plc, location: {site: b}, variables: {IP: 10.0.0.6}}
processes:
  app: {command: [app]}
"""


def found(old: str, new: str, text: str = PLANT) -> list[str]:
    assert old in text
    try:
        problems = parse_plant(text.replace(old, new), "p.yaml").diagnostics
    except DocumentError as error:
        problems = error.diagnostics
    return [f"{one.mark.line if one.mark else 0} {one.message} {one.fix}" for one in problems]


def test_nothing_is_wrong_with_the_plant_itself() -> None:
    assert found("edge", "edge") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "fix"),
    [
        (
            ".global.scan",
            ".global.scna",
            5,
            (
                "bridges 'filler' and 'capper': Variable 'global.scna' is not defined: 'global' "
                "has no 'scna'."
            ),
            "Did you mean 'scan'? It is set in line 2: use one name in both places.",
        ),
        (
            "scan: 500ms",
            "scna: 500ms",
            5,
            (
                "bridges 'filler' and 'capper': Variable 'global.scan' is not defined: 'global' "
                "has no 'scan'."
            ),
            "Did you mean 'scna'? It is set in line 2: use one name in both places.",
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .host_of_plc }}"',
            5,
            "bridges 'filler' and 'capper': Variable 'host_of_plc' is not defined.",
            "Add `host_of_plc: ...` to the variables of each.",
        ),
        (
            'every: "{{ .global.rate }}"',
            'every: "{{ .rate }}"',
            10,
            "bridges 'filler' and 'capper': Variable 'rate' is not defined.",
            "Write '.global.rate', which is set in line 2.",
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .globl.scan }}"',
            5,
            "bridges 'filler' and 'capper': Variable 'globl.scan' is not defined.",
            "Write '.global.scan'.",
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .IP.x }}"',
            5,
            (
                "bridges 'filler' and 'capper': Variable 'IP.x' is not defined: 'IP' (str) has no "
                "'x'."
            ),
            "Write '.IP', which has no parts.",
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .env.PLC }}"',
            5,
            "bridges 'filler' and 'capper': Variable 'env.PLC' is not defined.",
            (
                "Declare a variable with the value {env: PLC}, such as `PLC: {env: PLC}`, and "
                "write '.PLC' here."
            ),
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .Values.IP }}"',
            5,
            "bridges 'filler' and 'capper': Variable 'Values.IP' is not defined.",
            "Write '.IP': nothing stands before the name of a variable here.",
        ),
        (
            'host: "{{ .IP }}"',
            'host: "{{ .Ip }}"',
            5,
            "bridges 'filler' and 'capper': Variable 'Ip' is not defined.",
            "Did you mean 'IP'? It is set there: use one name in all places.",
        ),
        (
            "{IP: 10.0.0.6}",
            "{IPP: 10.0.0.6}",
            5,
            "bridge 'capper': Variable 'IP' is not defined.",
            "Did you mean 'IPP'? It is set in line 14: use one name in both places.",
        ),
        (
            "{IP: 10.0.0.6}",
            "{}",
            5,
            "bridge 'capper': Variable 'IP' is not defined.",
            "Add `IP: ...` to the variables of bridge 'capper' in line 14.",
        ),
        (
            "[app]",
            '["{{ .SCRIPT }}"]',
            16,
            "process 'app': Variable 'SCRIPT' is not defined.",
            "Add `variables: {SCRIPT: ...}` to process 'app' in line 16.",
        ),
        (
            "[app]",
            '["{{ .global.script }}"]',
            16,
            "process 'app': Variable 'global.script' is not defined: 'global' has no 'script'.",
            "Add `script: ...` to the section `global:` in line 2; set there: rate, scan.",
        ),
    ],
)
def test_a_variable_that_is_not_set_is_reported_with_where_to_set_it(
    old: str, new: str, line: int, message: str, fix: str
) -> None:
    """One mistake of a template is one problem, however many bridges are made from it."""
    problems = [one for one in found(old, new) if "nothing reads" not in one]
    assert problems[0] == f"{line} {message} {fix}"
    assert all(one.partition(" ")[2].startswith(message.partition(":")[0]) for one in problems)


def test_the_variable_that_was_meant_is_not_reported_as_unread() -> None:
    """It would be proposed to rename what is right to what is wrong."""
    assert len(found(".global.scan", ".global.scna")) == 1
    assert len(found("scan: 500ms", "scna: 500ms")) == 1


def test_the_file_is_named_where_it_is_another_one(tmp_path: object) -> None:
    from pathlib import Path

    from fsmv2.plant import load_plant

    folder = Path(str(tmp_path))
    head, bridges = PLANT.split("bridges:\n")
    (folder / "a.yaml").write_text(head.replace('host: "{{ .IP }}"', 'host: "{{ .IPA }}"'))
    one = bridges.partition("\n")[0]
    (folder / "b.yaml").write_text(f"bridges:\n{one}\n")
    (problem,) = load_plant(folder).diagnostics
    assert problem.fix == (
        f"Did you mean 'IP'? It is set in {folder / 'b.yaml'}:2: use one name in both places."
    )
