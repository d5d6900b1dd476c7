"""What plain values mean: as YAML 1.2 has it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from refused_text import refused

from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError


def test_very_long_numbers_are_refused_quickly() -> None:
    for number in ("9" * 1_000_000, "0x" + "f" * 1_000_000, "1." + "0" * 1_000_000):
        begin = time.process_time()
        assert "error[FSM0113]: a number of 1,000,00" in refused(f"a: {number}")
        assert time.process_time() - begin < 1.0


def value_of(text: str) -> Any:
    return scan_yaml(f"a: {text}", "plant.yaml").validated().root.to_data()["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5e-3", -0.0015),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ("10.0.0.1", "10.0.0.1"),
        ("500ms", "500ms"),
        ("-", None),
        ("--", "--"),
        (".", "."),
        ('"12"', "12"),
        ("'true'", "true"),
        ('""', ""),
        ("!!str 12", "12"),
        ("! 12", "12"),
    ],
)
def test_plain_values_mean_what_yaml_12_says(text: str, value: Any) -> None:
    if text == "-":
        assert value_of("\n  -") == [None]
    else:
        found = value_of(text)
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.INF", "+.Inf"])
def test_a_number_that_json_does_not_have_is_refused(text: str) -> None:
    """It would be null in the store, and in what is shown to programs."""
    with pytest.raises(DocumentError) as refused:
        value_of(f"{{a: {text}}}")
    found = refused.value.diagnostics[0]
    assert found.code == "FSM0113"
    assert found.mark is not None
    assert f'"{text}" in quotes' in found.fix
    assert value_of(f'"{text}"') == text
