"""A value that does not fit is reported where it is set, whatever template it is used in."""

from __future__ import annotations

import pytest
from test_undefined_variables import PLANT

from fsmv2.plant import parse_plant

TEMPLATE = PLANT.replace('address: "{{ .IP }}"', 'address: "{{ .IP }}:{{ .PORT }}"').replace(
    "{IP:", "{PORT: 502, IP:"
)


def found(old: str, new: str) -> list[str]:
    assert old in TEMPLATE
    problems = parse_plant(TEMPLATE.replace(old, new), "p.yaml").diagnostics
    return [
        f"{one.mark} {one.message} {one.fix} {[f'{r.mark} {r.message}' for r in one.related]}"
        for one in problems
    ]


def test_a_global_value_is_wrong_at_its_own_line_and_once() -> None:
    assert found("rate: 1s", "rate: 1") == [
        (
            "p.yaml:2:16 bridges 'filler' and 'capper': expected a duration with a unit, got 1. "
            "Write 1ms or 1s. "
            "['p.yaml:10:18 the value is used here, as templates.plc.read.input.modbus.every']"
        )
    ]


@pytest.mark.parametrize("address", ["010.0.0.6", "10.0.6"])
def test_a_host_is_wrong_at_its_own_line_also_between_other_text(address: str) -> None:
    (only,) = found("IP: 10.0.0.6", f"IP: {address}")
    assert only.startswith(f"p.yaml:14:83 bridge 'capper': '{address}' has ")
    assert "as templates.plc.connection.host" in only


def test_a_host_that_only_an_address_uses_is_wrong_at_its_own_line() -> None:
    (only,) = (
        one
        for one in [
            f"{d.mark} {d.message} {d.fix} {d.related[0].mark}"
            for d in parse_plant(
                TEMPLATE.replace('host: "{{ .IP }}"', "host: h").replace(
                    "IP: 10.0.0.6", "IP: 10.0.0.006"
                ),
                "p.yaml",
            ).diagnostics
        ]
    )
    assert only == (
        "p.yaml:14:83 bridge 'capper': '10.0.0.006' has a number with a leading zero. "
        "Write 10.0.0.6. p.yaml:9:20"
    )


def test_of_a_port_between_other_text_the_variables_are_named() -> None:
    (only,) = found("{PORT: 502, IP: 10.0.0.6}", "{PORT: 70000, IP: 10.0.0.6}")
    assert only == (
        "p.yaml:9:20 bridge 'capper': '10.0.0.6:70000' has no port from 1 to 65535 after the "
        "colon. Write 10.0.0.6:502, say. "
        "['p.yaml:14:85 IP is set here', 'p.yaml:14:74 PORT is set here']"
    )


def test_a_dollar_before_the_braces_is_what_is_wrong() -> None:
    """Of other programs; here the value would begin with it."""
    (first,) = found('host: "{{ .IP }}"', 'host: "${{ .IP }}"')
    assert "Remove the $ before {{." in first
