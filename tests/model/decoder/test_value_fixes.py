"""What is proposed instead of a single value of the wrong type."""

from __future__ import annotations

import pytest

from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.value_fixes import (
    meant_secret,
    number_fix,
    number_in,
    rendered_fix,
    text_fix,
    without_part,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1/10", "0.1"),
        ("1 / 4", "0.25"),
        ("502/tcp", "502"),
        ("plc:502", "502"),
        ("12:30", "12:30"),
        ("a/b", "a/b"),
    ],
)
def test_shares_and_ports_are_numbers(text: str, number: str) -> None:
    assert without_part(text) == number


@pytest.mark.parametrize(
    ("text", "kind", "percent", "fix"),
    [
        ("10MB", int, False, "Write 10000000."),
        ("1.5 GiB", int, False, ""),
        ("64KiB", int, False, "Write 65536."),
        ("10%", float, False, "Write 0.1, or 10 if it is counted in percent."),
        ("10 %", float, True, "Write 10."),
        ("10%", int, False, "Write 10."),
        ("80 degC", float, False, "Write 80, without degC."),
        ("0,5 bar", float, False, "Write 0.5, without bar."),
        ("1.5 bar", int, False, ""),
        ("bar", float, False, ""),
        ("5o2", int, False, ""),
        ("0x1G", int, False, ""),
    ],
)
def test_a_number_with_a_unit_is_written_without_it(
    text: str, kind: type[int] | type[float], percent: bool, fix: str
) -> None:
    """What a percentage means, only the reader knows, unless the key says it."""
    assert number_fix(text, kind, percent=percent, megabytes=False) == fix


def test_megabytes_are_counted_in_megabytes() -> None:
    assert number_fix("10GB", int, percent=False, megabytes=True) == "Write 10000."


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("502", int, "502"),
        ("1_000", int, "1000"),
        ("1 000", int, "1000"),
        ("1'000.5", float, "1000.5"),
        ("1,000.5", float, "1000.5"),
        ("1.000,5", float, "1000.5"),
        ("1 00", int, None),
        ("0x1F", int, "0x1F"),
        ("0b11", int, "3"),
        ("0,1", float, "0.1"),
        ("0,1", int, None),
        ("1e999", float, None),
        ("nan", float, None),
        ("9" * 41, int, None),
        ("five", int, None),
        ("٣", int, None),
    ],
)
def test_a_number_is_found_in_what_people_write(
    text: str, kind: type[int] | type[float], number: str | None
) -> None:
    assert number_in(text, kind) == number


def test_what_a_template_gave_keeps_its_type_if_it_is_one_expression() -> None:
    assert rendered_fix(Node.from_data("5", "a")).startswith("Make the template one expression")


def test_a_text_that_is_no_template_has_no_fix_of_templates() -> None:
    assert text_fix(Node.from_data("five", "a")) == ""
    assert text_fix(Node.from_data(5, "a")) == ""


@pytest.mark.parametrize("text", ["${PORT}", "$PORT", "%PORT%"])
def test_a_variable_of_another_system_is_written_as_ours(text: str) -> None:
    assert text_fix(Node.from_data(text, "a")) == 'Variables are written "{{ .PORT }}", in quotes.'


def test_the_value_of_a_variable_is_no_template() -> None:
    fix = text_fix(Node.from_data("{{ .PORT }}", "a"))
    assert fix == "The value of a variable is not rendered again; write there what is meant."


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ({"environment": "PORT"}, "Did you mean {env: PORT}?"),
        ({"path": "/run/key"}, "Did you mean {file: /run/key}?"),
        ({"environment": "A", "file": "B"}, ""),
        ({"lamp": "A"}, ""),
        ("environment", ""),
    ],
)
def test_a_mapping_that_was_meant_as_a_secret(value: object, fix: str) -> None:
    assert meant_secret(Node.from_data(value, "a")) == fix
