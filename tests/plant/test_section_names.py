"""A section whose name is not known: what was meant, and nothing is wrong for it."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant

SIX = "".join(
    f"  - {{name: b{n}, template: plc, location: {{area: a{n}}}, variables: {{IP: 10.0.0.{n}}}}}\n"
    for n in range(6)
)
PLANT = f"""\
agent: {{name: edge, location: {{enterprise: acme, site: cologne}}}}
templates:
  plc:
    connection: {{host: "{{{{ .IP }}}}", port: 502}}
    read:
      input: {{modbus: {{address: "{{{{ .IP }}}}:502", registers: [{{name: a, address: 0}}]}}}}
bridges:
{SIX}processes:
  app: {{command: [app]}}
"""
KNOWN = (
    "Known: agent, bridges, broker, engine, global, groups, http, log, notify, processes, "
    "templates, traces."
)


def found(text: str) -> list[str]:
    try:
        problems = parse_plant(text, "p.yaml").diagnostics
    except DocumentError as error:
        problems = error.diagnostics
    return [f"{one.mark} {one.message} {one.fix}" for one in problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("agnet", "agent"),
        ("tempaltes", "templates"),
        ("Bridges", "bridges"),
        ("procs", "processes"),
        ("devices", "bridges"),
        ("services", "processes"),
        ("blueprints", "templates"),
        ("wagons", "bridges"),
    ],
)
def test_an_unknown_section_is_one_problem_and_makes_nothing_else_wrong(
    written: str, meant: str
) -> None:
    """By its name, by the name that other programs have for it, or by what stands below it."""
    text = PLANT.replace(f"\n{meant}:" if meant != "agent" else "agent:", f"\n{written}:", 1)
    (only,) = found(text.lstrip("\n"))
    assert only.endswith(
        f"there is no key '{written}' at the top level. Did you mean '{meant}'? {KNOWN}"
    )


def test_what_is_wrong_below_a_misspelt_section_is_reported_as_well() -> None:
    text = PLANT.replace("templates:", "tempaltes:").replace("port: 502", "port: 70000")
    assert found(text) == [
        (
            f"p.yaml:2:1 there is no key 'tempaltes' at the top level. Did you mean 'templates'? "
            f"{KNOWN}"
        ),
        (
            "p.yaml:4:43 expected a whole number from 1 to 65535, got 70000. "
            "Write a whole number from 1 to 65535."
        ),
    ]


def test_a_section_of_another_program_is_one_problem() -> None:
    assert found(PLANT + "version: 3\n") == [
        f"p.yaml:16:1 there is no key 'version' at the top level. {KNOWN}"
    ]


def test_a_section_that_is_there_already_is_not_meant_again() -> None:
    (only,) = found(PLANT + "template:\n  other: {connection: {host: h, port: 1}}\n")
    assert "Did you mean" not in only


@pytest.mark.parametrize(
    "section", ["volumes:\n  data: {}\n", "home:\n  name: Home\n", "output:\n  uns: {}\n"]
)
def test_a_section_of_which_nothing_is_known_is_not_taken_for_one_of_ours(section: str) -> None:
    """What stands in it says nothing, so nothing below it is called wrong."""
    text = "agent: {name: edge, location: {enterprise: acme}}\n" + section
    key = section.partition(":")[0]
    assert found(text) == [f"p.yaml:2:1 there is no key '{key}' at the top level. {KNOWN}"]
