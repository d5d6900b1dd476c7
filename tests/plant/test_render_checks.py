"""What is wrong with the rendered sections of a bridge is reported before anything runs."""

from __future__ import annotations

import pytest
from planned_plant import BRIDGE, WRITE, planned

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant


@pytest.mark.parametrize(
    ("added", "line", "words"),
    [
        ("{IP: 10.0.0.6}", 4, ("capper", "'PORT' is not defined")),
        ("{IP: 10.0.0.6, PORT: 150200}", 12, ("capper", "from 1 to 65535", "150200")),
        ("{IP: 10.0.0.6, PORT: abc}", 12, ("capper", "whole number", "abc")),
        ("{IP: '', PORT: 502}", 12, ("capper",)),
    ],
    ids=["undefined", "range", "text", "empty"],
)
def test_a_bad_bridge_is_reported_and_waits_while_the_others_run(
    added: str, line: int, words: tuple[str, ...]
) -> None:
    """The document can be used; the problem stands at its line, and in the tree at its bridge."""
    text = f"{BRIDGE}  - {{name: capper, template: plc, variables: {added}}}\n"
    plant = parse_plant(text, "plant.yaml")
    problems = [d for d in plant.diagnostics if not d.warning]
    assert problems
    assert any(
        d.mark and d.mark.line == line and all(word in d.render() for word in words)
        for d in problems
    ), "\n".join(d.render() for d in problems)
    tree = planned(text)
    assert tree["edge/filler"] == tree["edge/filler/dfc_read"] == ""
    assert tree["edge/capper"]
    assert "edge/capper/connection" not in tree


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("address: 7", "address: 7, kind: input", "expected one of holding, coil"),
        ("name: setpoint", "name: reply", "'reply' is where answers go"),
        ("MAX: 80", "MAX: high", "expected a number, got the text 'high'"),
        ("      output", "      input: {commands: {subject: umh.v1.acme}}\n      output", "cmd.v1"),
        (
            "      output",
            "      input: {commands: {subject: a.b/c}}\n      output",
            "dots or an MQTT",
        ),
    ],
)
def test_what_is_wrong_with_a_write_section_is_told_before_it_runs(
    old: str, new: str, told: str
) -> None:
    """As a refusal of the document, or as that bridge's own problem."""
    text = (BRIDGE.partition("bridges:")[0] + WRITE).replace(old, new)
    try:
        found = parse_plant(text).diagnostics
    except DocumentError as error:
        found = tuple(error.diagnostics)
    assert any(told in f"{d.message} {d.fix}" for d in found), found
