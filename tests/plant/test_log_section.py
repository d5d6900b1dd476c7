"""`log:` of a document."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError
from fsmv2.plant import log_levels, parse_plant
from fsmv2.runtime.log.log_levels import RANKS

DOCUMENT = """\
agent: {name: edge}
log:
  level: warning
  paths:
    "…/filler*": debug
"""


def test_levels_are_those_of_the_document_and_of_patterns() -> None:
    levels = log_levels(parse_plant(DOCUMENT).log)
    assert levels.of("edge") == RANKS["warning"]
    assert levels.of("edge/filler-2/dfc") == RANKS["debug"]


def test_the_command_line_replaces_the_level_and_no_pattern() -> None:
    levels = log_levels(parse_plant(DOCUMENT).log, "error")
    assert levels.of("edge") == RANKS["error"]
    assert levels.of("edge/filler-2") == RANKS["debug"]


def test_a_document_without_it_logs_from_info_on() -> None:
    assert log_levels(parse_plant("agent: {name: edge}\n").log).level == RANKS["info"]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("{level: loud}", "loud"),
        ("{levels: info}", "level"),
        ('{paths: {"[b-a]": debug}}', "is not a pattern"),
        ("{paths: {a: loud}}", "loud"),
        ("{paths: [a]}", "paths"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(log: str, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_plant(f"agent: {{name: edge}}\nlog: {log}\n")
    (problem,) = refused.value.diagnostics
    assert said in problem.render()
    assert problem.mark is not None
    assert problem.mark.line == 2


def test_the_address_of_the_runbook_is_a_setting_of_the_engine() -> None:
    text = "agent: {name: edge}\nengine: {runbook_url: https://wiki.example/x}\n"
    assert parse_plant(text).settings.runbook_url == "https://wiki.example/x"
